import { asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { requestMove, startRollingRelease } from './move-domains.ts';
import { isRollbackCandidate } from './render-deployment.ts';
import type { DeploymentRecord, ProjectRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { deploymentsOf, findProject, productionDomains, type VercelState } from './vercel-state.ts';

/** Promote, rollback and their progress, with the statuses of facts §1 and the side effects of facts §3. */
export function moveRoutes(state: VercelState): Routes {
  const promote = (_request: SandboxRequest, parameters: Record<string, string>) => {
    const { project, deployment } = moved(state, parameters);
    if (deployment.target !== 'production') {
      throw new VercelRefusal(400, 'bad_request', 'Only production deployments can be promoted');
    }
    refuseCurrent(project, deployment);
    // Every time, whatever it was before (facts §3.2).
    project.autoAssignCustomDomains = true;
    delete project.rollbackDescription;
    if (project.rollingRelease?.state === 'ACTIVE') {
      project.rollingRelease.queuedDeploymentId = deployment.id;
      return { status: 202 };
    }
    if (project.rollingReleaseConfig && project.productionDeploymentId) startRollingRelease(project, deployment);
    else requestMove(state, project, deployment, 'promote');
    return { status: 201 };
  };
  const rollBack = (request: SandboxRequest, parameters: Record<string, string>) => {
    const { project, deployment } = moved(state, parameters);
    const rolling = project.rollingRelease?.state === 'ACTIVE';
    // To what serves the rest of the traffic: that aborts a rolling release (CLI 64, `rolling-release abort`).
    if (!rolling) refuseCurrent(project, deployment);
    if (!(rolling && project.productionDeploymentId === deployment.id) && !isRollbackCandidate(deployment, project)) {
      throw new VercelRefusal(422, 'unprocessable_entity', 'This deployment has never been in production');
    }
    if (state.behaviour.plan === 'hobby' && deployment !== previousProduction(state, project)) {
      throw new VercelRefusal(
        402,
        'payment_required',
        'On the Hobby plan only the previous production deployment can be rolled back to. Upgrade to Pro.',
      );
    }
    const description = request.query.get('description') ?? asText(jsonBody(request)?.description);
    checkDescription(description);
    if (project.rollingRelease?.state === 'ACTIVE') project.rollingRelease.state = 'ABORTED';
    // Until the next promotion (facts §3.1).
    project.autoAssignCustomDomains = false;
    project.lastRollbackTarget = { toDeploymentId: deployment.id };
    describeRollback(state, project, description);
    requestMove(state, project, deployment, 'rollback');
    return { status: 201 };
  };
  // vercel.com/docs/rest-api/projects: production is blocked, and auto-assign goes with it.
  const pause =
    (paused: boolean) =>
    (_request: SandboxRequest, { project: id = '' }: Record<string, string>) => {
      const project = known(state, id);
      project.paused = paused;
      project.autoAssignCustomDomains = !paused;
      return jsonAnswer(200, {});
    };
  const progress = (request: SandboxRequest, { project: id = '' }: Record<string, string>) => {
    const project = known(state, id);
    const all = aliasProgress(state, project);
    const aliases = request.query.get('failedOnly') === 'true' ? all.filter(({ status }) => status === 'failed') : all;
    return jsonAnswer(200, { aliases, pagination: { count: aliases.length, next: null, prev: null } });
  };
  return {
    'POST /v1/projects/:project/pause': pause(true),
    'POST /v1/projects/:project/unpause': pause(false),
    'POST /v10/projects/:project/promote/:deployment': promote,
    'POST /v9/projects/:project/promote/:deployment': promote,
    'POST /v1/projects/:project/rollback/:deployment': rollBack,
    'POST /v9/projects/:project/rollback/:deployment': rollBack,
    'PATCH /v1/projects/:project/rollback/:deployment/update-description': (request, { project = '' }) => {
      const description = asText(jsonBody(request)?.description);
      checkDescription(description);
      describeRollback(state, known(state, project), description);
      return jsonAnswer(200, {});
    },
    'GET /v1/projects/:project/promote/aliases': progress,
    'GET /v9/projects/:project/promote/aliases': progress,
    'GET /v9/projects/:project/rollback/aliases': progress,
  };
}

function known(state: VercelState, idOrName: string): ProjectRecord {
  const project = findProject(state, idOrName);
  if (!project) throw notFound('Project');
  return project;
}

function moved(state: VercelState, parameters: Record<string, string>) {
  const project = known(state, parameters.project ?? '');
  const deployment = state.deployments.get(parameters.deployment ?? '');
  if (!deployment || deployment.projectId !== project.id) throw notFound('Deployment');
  if (deployment.deletedAt !== undefined) {
    throw new VercelRefusal(410, 'deployment_deleted', 'This deployment has been deleted');
  }
  if (deployment.readyState !== 'READY') {
    throw new VercelRefusal(422, 'deployment_not_ready', `The deployment is ${deployment.readyState}, not READY`);
  }
  return { project, deployment };
}

function refuseCurrent(project: ProjectRecord, deployment: DeploymentRecord): void {
  if (project.productionDeploymentId !== deployment.id) return;
  throw new VercelRefusal(409, 'conflict', `${deployment.id} is already the current production deployment`);
}

function previousProduction(state: VercelState, project: ProjectRecord): DeploymentRecord | undefined {
  return deploymentsOf(state, project.id)
    .filter((deployment) => isRollbackCandidate(deployment, project))
    .sort((one, other) => other.productionSince - one.productionSince)[0];
}

/** Characters of a description (@vercel/sdk 1.28.35, RollbackDescription). */
const descriptionLimit = 250;

function checkDescription(description = ''): void {
  if (description.length <= descriptionLimit) return;
  throw new VercelRefusal(400, 'bad_request', `description: at most ${descriptionLimit} characters`);
}

/** Kept on the project, one at a time, until the next promotion; a rollback without one leaves the one before. */
function describeRollback(state: VercelState, project: ProjectRecord, description: string | undefined): void {
  if (description === undefined || description === '') return;
  const { uid, username } = state.user;
  project.rollbackDescription = { userId: uid, username, description, createdAt: Date.now() };
}

function aliasProgress(state: VercelState, project: ProjectRecord) {
  const last = project.lastAliasRequest;
  if (!last) return [];
  return productionDomains(project).map(({ name }) => {
    const alias = state.aliases.get(name);
    const there = alias?.deploymentId === last.toDeploymentId;
    const status = there ? 'completed' : last.jobStatus === 'failed' ? 'failed' : 'in-progress';
    return { alias: name, id: alias?.uid ?? name, status };
  });
}
