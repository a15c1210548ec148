import type { DeploymentRecord, ProjectRecord } from './vercel-records.ts';
import type { VercelState } from './vercel-state.ts';

/** STAGED: production target that never had production traffic; PROMOTED: it had; a canary is ROLLING (facts §2). */
export function readySubstateOf(deployment: DeploymentRecord, project: ProjectRecord): string | undefined {
  if (deployment.readyState !== 'READY' || deployment.target !== 'production') return undefined;
  const rolling = project.rollingRelease;
  if (rolling?.state === 'ACTIVE' && rolling.canaryDeploymentId === deployment.id) return 'ROLLING';
  return deployment.everProduction ? 'PROMOTED' : 'STAGED';
}

/** True for a deployment that was production once, still exists and is not production now. */
export function isRollbackCandidate(deployment: DeploymentRecord, project: ProjectRecord): boolean {
  return (
    deployment.everProduction &&
    deployment.readyState === 'READY' &&
    deployment.deletedAt === undefined &&
    project.productionDeploymentId !== deployment.id
  );
}

/** A deployment as POST and GET /v13/deployments give it, in the shape that @vercel/sdk 1.28 parses. */
export function renderDeployment(state: VercelState, project: ProjectRecord, deployment: DeploymentRecord) {
  const { createdAt } = deployment;
  const started = deployment.buildingAt ?? createdAt;
  const substate = readySubstateOf(deployment, project);
  const { readyState } = deployment;
  return {
    id: deployment.id,
    deploymentId: deployment.id,
    uid: deployment.id,
    name: deployment.name,
    url: deployment.url,
    version: 2,
    type: 'LAMBDAS',
    target: deployment.target,
    readyState,
    status: readyState === 'DELETED' ? 'CANCELED' : readyState,
    ...(substate && { readySubstate: substate }),
    isRollbackCandidate: isRollbackCandidate(deployment, project),
    createdAt,
    buildingAt: started,
    bootedAt: started,
    ...(deployment.readyAt !== undefined && { ready: deployment.readyAt }),
    ...(readyState === 'CANCELED' && { canceledAt: deployment.readyAt ?? createdAt }),
    createdIn: 'iad1',
    regions: ['iad1'],
    public: false,
    ownerId: state.team.id,
    projectId: project.id,
    project: { id: project.id, name: project.name, framework: project.framework },
    team: { id: state.team.id, name: state.team.name, slug: state.team.slug },
    creator: deployment.creator,
    source: deployment.source,
    plan: state.behaviour.plan,
    meta: deployment.meta,
    ...(deployment.gitSource && { gitSource: { ...deployment.gitSource } }),
    ...(deployment.customEnvironment && { customEnvironment: { ...deployment.customEnvironment, type: 'preview' } }),
    alias: deployment.alias,
    aliasAssigned: deployment.aliasAssignedAt !== undefined,
    ...(deployment.aliasAssignedAt !== undefined && { aliasAssignedAt: deployment.aliasAssignedAt }),
    aliasError: deployment.aliasError ?? null,
    aliasWarning: null,
    autoAssignCustomDomains: deployment.autoAssign,
    ...(deployment.errorCode && { errorCode: deployment.errorCode }),
    ...(deployment.errorMessage && {
      errorMessage: deployment.errorMessage,
      readyStateReason: deployment.errorMessage,
    }),
    ...(deployment.blockCode && { seatBlock: { blockCode: deployment.blockCode, userId: state.user.uid } }),
    build: { env: Object.keys(deployment.buildEnvironment) },
    env: Object.keys(deployment.environment),
    buildSkipped: false,
    isInConcurrentBuildsQueue: false,
    isInSystemBuildsQueue: false,
    inspectorUrl: `https://vercel.com/${state.team.slug}/${project.name}/${deployment.id.slice(4)}`,
    functions: null,
    routes: null,
    projectSettings: { framework: project.framework, rootDirectory: project.rootDirectory },
  };
}

/** A deployment as the lists of /v6 and /v7 give it: `uid`, `state`, no git source. */
export function renderListedDeployment(state: VercelState, project: ProjectRecord, deployment: DeploymentRecord) {
  const substate = readySubstateOf(deployment, project);
  return {
    uid: deployment.id,
    name: deployment.name,
    projectId: project.id,
    url: deployment.url,
    created: deployment.createdAt,
    createdAt: deployment.createdAt,
    ...(deployment.buildingAt !== undefined && { buildingAt: deployment.buildingAt }),
    ...(deployment.readyAt !== undefined && { ready: deployment.readyAt }),
    source: deployment.source,
    state: deployment.readyState,
    readyState: deployment.readyState,
    ...(substate && { readySubstate: substate }),
    type: 'LAMBDAS',
    creator: { ...deployment.creator, email: state.user.email },
    inspectorUrl: `https://vercel.com/${state.team.slug}/${project.name}/${deployment.id.slice(4)}`,
    meta: deployment.meta,
    target: deployment.target,
    ...(deployment.customEnvironment && {
      customEnvironment: { ...deployment.customEnvironment, type: 'preview' },
    }),
    aliasError: deployment.aliasError ?? null,
    aliasAssigned: deployment.aliasAssignedAt ?? null,
    isRollbackCandidate: isRollbackCandidate(deployment, project),
    ...(deployment.errorCode && { errorCode: deployment.errorCode }),
    ...(deployment.errorMessage && { errorMessage: deployment.errorMessage }),
  };
}
