import { jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { buildEvents } from './build-events.ts';
import { type CreateContext, createDeployment, uploadFile } from './create-deployment.ts';
import { isRollbackCandidate, renderDeployment, renderListedDeployment } from './render-deployment.ts';
import type { DeploymentRecord, ProjectRecord } from './vercel-records.ts';
import { notFound, VercelRefusal } from './vercel-refusal.ts';
import { deploymentsOf, findDeployment, findProject, type VercelState } from './vercel-state.ts';

/** Create, read, list, cancel, delete, build log. */
export function deploymentRoutes(context: CreateContext): Routes {
  const { state } = context;
  const list = (request: SandboxRequest) => listDeployments(state, request);
  const cancel = (_request: SandboxRequest, { id = '' }: Record<string, string>) => {
    const { deployment, project } = known(state, id);
    if (!['QUEUED', 'INITIALIZING', 'BUILDING'].includes(deployment.readyState)) {
      throw new VercelRefusal(400, 'bad_request', `Deployment is already ${deployment.readyState}`);
    }
    deployment.readyState = 'CANCELED';
    deployment.readyAt = Date.now();
    return jsonAnswer(200, renderDeployment(state, project, deployment));
  };
  const events = (request: SandboxRequest, { id = '' }: Record<string, string>) =>
    buildEvents(known(state, id).deployment, request.query);
  return {
    'POST /v2/files': (request) => uploadFile(state, request),
    'POST /v13/deployments': (request) => createDeployment(context, request),
    'GET /v13/deployments/:id': (_request, { id = '' }) => {
      const { deployment, project } = known(state, id);
      return jsonAnswer(200, renderDeployment(state, project, deployment));
    },
    'DELETE /v13/deployments/:id': (_request, { id = '' }) => {
      const { deployment } = known(state, id);
      remove(state, deployment);
      return jsonAnswer(200, { uid: deployment.id, state: 'DELETED' });
    },
    'PATCH /v12/deployments/:id/cancel': cancel,
    'GET /v6/deployments': list,
    'GET /v7/deployments': list,
    'GET /v3/deployments/:id/events': events,
    'GET /v2/deployments/:id/events': events,
    'GET /v3/now/deployments/:id/events': events,
  };
}

function known(state: VercelState, idOrHost: string): { deployment: DeploymentRecord; project: ProjectRecord } {
  const deployment = findDeployment(state, idOrHost);
  const project = deployment && state.projects.get(deployment.projectId);
  if (!deployment || !project || deployment.deletedAt !== undefined) throw notFound('Deployment');
  return { deployment, project };
}

/** Deletes a deployment; the sandbox's test access uses it, too. */
export function remove(state: VercelState, deployment: DeploymentRecord): void {
  deployment.deletedAt = Date.now();
  deployment.readyState = 'DELETED';
  for (const [host, alias] of state.aliases) if (alias.deploymentId === deployment.id) state.aliases.delete(host);
}

function listDeployments(state: VercelState, { query }: SandboxRequest) {
  const wanted = query.get('projectId') ?? query.get('app');
  const projects = wanted === null ? [...state.projects.values()] : [findProject(state, wanted)];
  const found = projects.flatMap((project) => (project ? deploymentsOf(state, project.id) : []));
  const matching = found
    .filter(({ deletedAt }) => deletedAt === undefined)
    .filter((deployment) => passes(state, deployment, query))
    .sort((one, other) => other.createdAt - one.createdAt);
  const limit = Math.min(Math.max(Number(query.get('limit') ?? 20) || 20, 1), 100);
  const page = matching.slice(0, limit);
  const last = page.at(-1);
  return jsonAnswer(200, {
    deployments: page.flatMap((deployment) => {
      const project = state.projects.get(deployment.projectId);
      return project ? [renderListedDeployment(state, project, deployment)] : [];
    }),
    pagination: {
      count: page.length,
      // `until` of the next page, exclusive.
      next: last && matching.length > page.length ? last.createdAt : null,
      prev: page[0]?.createdAt ?? null,
    },
  });
}

function passes(state: VercelState, deployment: DeploymentRecord, query: URLSearchParams): boolean {
  const project = state.projects.get(deployment.projectId);
  const target = query.get('target');
  const states = (query.get('state') ?? query.get('filter') ?? '').split(',').filter(Boolean);
  const sha = query.get('sha');
  const branch = query.get('branch');
  const until = Number(query.get('until') ?? query.get('to') ?? Number.POSITIVE_INFINITY);
  const since = Number(query.get('since') ?? query.get('from') ?? 0);
  const { meta, gitSource } = deployment;
  const metaFilters = [...query].filter(([name]) => name.startsWith('meta-'));
  return (
    deployment.createdAt < until &&
    deployment.createdAt >= since &&
    (target === null || matchesTarget(deployment, target)) &&
    (states.length === 0 || states.includes(deployment.readyState)) &&
    (sha === null || [gitSource?.sha, meta.githubCommitSha, meta.gitCommitSha].includes(sha)) &&
    (branch === null || [gitSource?.ref, meta.githubCommitRef, meta.gitCommitRef].includes(branch)) &&
    metaFilters.every(([name, value]) => meta[name.slice('meta-'.length)] === value) &&
    (query.get('rollbackCandidate') === null ||
      (project !== undefined &&
        isRollbackCandidate(deployment, project) === (query.get('rollbackCandidate') === 'true')))
  );
}

function matchesTarget(deployment: DeploymentRecord, target: string): boolean {
  const { customEnvironment } = deployment;
  if (target === 'preview') return deployment.target === null && !customEnvironment;
  return deployment.target === target || customEnvironment?.slug === target || customEnvironment?.id === target;
}
