import { readySubstateOf } from './render-deployment.ts';
import type { DeploymentRecord, DomainRecord, ProjectRecord } from './vercel-records.ts';
import { deploymentsOf, productionDomains, type VercelState } from './vercel-state.ts';

/** A project as GET and PATCH /v9/projects give it, in the shape that @vercel/sdk 1.28 parses. */
export function renderProject(state: VercelState, project: ProjectRecord) {
  const production = project.productionDeploymentId ? state.deployments.get(project.productionDeploymentId) : undefined;
  return {
    id: project.id,
    name: project.name,
    accountId: state.team.id,
    createdAt: project.createdAt,
    updatedAt: project.createdAt,
    autoAssignCustomDomains: project.autoAssignCustomDomains,
    rootDirectory: project.rootDirectory,
    framework: project.framework,
    nodeVersion: '24.x',
    directoryListing: false,
    live: production !== undefined,
    ...(project.link && {
      link: {
        ...project.link,
        createdAt: project.createdAt,
        updatedAt: project.createdAt,
        deployHooks: [],
        gitCredentialId: '',
        sourceless: false,
      },
    }),
    ssoProtection: project.ssoProtection,
    passwordProtection: null,
    protectionBypass: project.protectionBypass,
    lastAliasRequest: project.lastAliasRequest,
    lastRollbackTarget: project.lastRollbackTarget,
    ...(project.rollbackDescription && { rollbackDescription: project.rollbackDescription }),
    rollingRelease: project.rollingReleaseConfig
      ? {
          target: 'production',
          stages: project.rollingReleaseConfig.stages.map((targetPercentage) => ({
            targetPercentage,
            ...(targetPercentage < 100 && project.rollingReleaseConfig?.automaticMinutes === undefined
              ? { requireApproval: true }
              : { duration: project.rollingReleaseConfig?.automaticMinutes }),
          })),
        }
      : null,
    alias: productionDomains(project).map((domain) => ({
      domain: domain.name,
      environment: 'production',
      target: 'PRODUCTION',
      ...(production && { deployment: renderTarget(state, project, production) }),
    })),
    targets: { production: production ? renderTarget(state, project, production) : null },
    latestDeployments: deploymentsOf(state, project.id)
      .slice(0, 5)
      .map((deployment) => renderTarget(state, project, deployment)),
    customEnvironments: project.customEnvironments.map((environment) => ({
      id: environment.id,
      slug: environment.slug,
      type: 'preview',
      createdAt: environment.createdAt,
      updatedAt: environment.createdAt,
    })),
    env: project.env.map(({ value: _value, ...variable }) => ({ ...variable, value: '' })),
    connectConfigurations: null,
    defaultResourceConfig: { functionDefaultRegions: ['iad1'] },
    resourceConfig: { functionDefaultRegions: ['iad1'] },
    deploymentExpiration: {},
    speedInsights: { id: '', hasData: false },
  };
}

function renderTarget(state: VercelState, project: ProjectRecord, deployment: DeploymentRecord) {
  const substate = readySubstateOf(deployment, project);
  return {
    id: deployment.id,
    name: deployment.name,
    url: deployment.url,
    deploymentHostname: deployment.url,
    alias: deployment.alias,
    aliasAssigned: deployment.aliasAssignedAt ?? null,
    aliasError: deployment.aliasError ?? null,
    createdAt: deployment.createdAt,
    createdIn: 'iad1',
    creator: { ...deployment.creator, email: state.user.email },
    meta: deployment.meta,
    plan: state.behaviour.plan,
    private: true,
    readyState: deployment.readyState,
    ...(substate && { readySubstate: substate }),
    target: deployment.target,
    teamId: state.team.id,
    type: 'LAMBDAS',
    userId: deployment.creator.uid,
    withCache: false,
  };
}

/** A domain of a project as GET /v9/projects/{id}/domains gives it. */
export function renderDomain(project: ProjectRecord, domain: DomainRecord) {
  return {
    name: domain.name,
    apexName: domain.name,
    projectId: project.id,
    redirect: domain.redirect ?? null,
    redirectStatusCode: domain.redirect ? 308 : null,
    gitBranch: domain.gitBranch ?? null,
    customEnvironmentId: domain.customEnvironmentId ?? null,
    createdAt: domain.createdAt,
    updatedAt: domain.createdAt,
    verified: domain.verified,
  };
}
