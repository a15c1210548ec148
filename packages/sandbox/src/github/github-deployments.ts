import { asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { GitHubRefusal, invalid } from './github-refusal.ts';
import {
  type DeploymentEntry,
  type GitHubDeploymentsOptions,
  renderDeployment,
  renderStatus,
  type StatusRecord,
} from './render-github-deployment.ts';

const states = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'];

/** GitHub's limit of a status' description. */
const longestDescription = 140;

/** Deployments and their statuses, which emulate 0.12 lacks: payloads never change, statuses are only appended. */
export function githubDeploymentRoutes(options: GitHubDeploymentsOptions): Routes {
  const entries: DeploymentEntry[] = [];
  const base = '/repos/:owner/:repo/deployments';
  let nextId = 1_001;
  const known = (parameters: Record<string, string>): DeploymentEntry => {
    inRepository(options, parameters);
    const entry = entries.find(({ id }) => String(id) === parameters.id);
    if (!entry) throw new GitHubRefusal(404, 'Not Found');
    return entry;
  };
  return {
    [`POST ${base}`]: async (request, parameters) => {
      inRepository(options, parameters);
      // The id is taken after the waiting: of requests at the same time each gets its own.
      const entry = { ...(await newDeployment(options, jsonBody(request))), id: nextId };
      nextId += 1;
      entries.push(entry);
      return jsonAnswer(201, renderDeployment(options, entry));
    },
    [`GET ${base}`]: (request, parameters) => {
      inRepository(options, parameters);
      const wanted = ['sha', 'ref', 'task', 'environment'] as const;
      const found = entries.filter((entry) =>
        wanted.every((name) => {
          const value = request.query.get(name);
          return value === null || value === 'none' || entry[name] === value;
        }),
      );
      return pageOf(
        request,
        `${options.url()}${request.path}`,
        found.reverse().map((entry) => renderDeployment(options, entry)),
      );
    },
    [`GET ${base}/:id`]: (_request, parameters) => jsonAnswer(200, renderDeployment(options, known(parameters))),
    [`DELETE ${base}/:id`]: (_request, parameters) => {
      const entry = known(parameters);
      const active = entry.statuses.at(-1)?.state;
      if (entries.length > 1 && active !== undefined && active !== 'inactive') {
        throw new GitHubRefusal(
          422,
          'We cannot delete an active deployment unless it is the only deployment in a given environment.',
        );
      }
      entries.splice(entries.indexOf(entry), 1);
      return { status: 204 };
    },
    [`POST ${base}/:id/statuses`]: (request, parameters) => {
      const entry = known(parameters);
      const status = newStatus(options, entry, jsonBody(request), nextId);
      nextId += 1;
      entry.statuses.push(status);
      if (status.state === 'success' && jsonBody(request)?.auto_inactive !== false) {
        nextId = deactivateEarlier(options, entries, entry, nextId);
      }
      return jsonAnswer(201, renderStatus(options, entry, status));
    },
    [`GET ${base}/:id/statuses`]: (request, parameters) => {
      const entry = known(parameters);
      const all = [...entry.statuses].reverse().map((status) => renderStatus(options, entry, status));
      return pageOf(request, `${options.url()}${request.path}`, all);
    },
  };
}

function inRepository(options: GitHubDeploymentsOptions, parameters: Record<string, string>): void {
  const asked = `${parameters.owner}/${parameters.repo}`;
  if (asked.toLowerCase() !== options.repository.toLowerCase()) throw new GitHubRefusal(404, 'Not Found');
}

async function newDeployment(
  options: GitHubDeploymentsOptions,
  body: Record<string, unknown> | undefined,
): Promise<Omit<DeploymentEntry, 'id'>> {
  if (body === undefined) throw new GitHubRefusal(400, 'Problems parsing JSON');
  const ref = asText(body.ref);
  if (ref === undefined) throw invalid('Deployment', 'ref', 'ref is required');
  const sha = await options.resolve(ref);
  if (sha === undefined) throw new GitHubRefusal(422, `No ref found for: ${ref}`);
  const environment = asText(body.environment) ?? 'production';
  return {
    ref,
    sha,
    task: asText(body.task) ?? 'deploy',
    environment,
    description: descriptionOf(body.description) ?? null,
    payload: body.payload ?? {},
    transient: body.transient_environment === true,
    production:
      body.production_environment === undefined ? environment === 'production' : body.production_environment === true,
    createdAt: options.now(),
    statuses: [],
  };
}

function newStatus(
  options: GitHubDeploymentsOptions,
  entry: DeploymentEntry,
  body: Record<string, unknown> | undefined,
  id: number,
): StatusRecord {
  if (body === undefined) throw new GitHubRefusal(400, 'Problems parsing JSON');
  const state = asText(body.state);
  if (state === undefined || !states.includes(state)) {
    throw invalid('DeploymentStatus', 'state', `state must be one of ${states.join(', ')}`);
  }
  return {
    id,
    state,
    description: descriptionOf(body.description) ?? '',
    environment: asText(body.environment) ?? entry.environment,
    environmentUrl: asText(body.environment_url) ?? '',
    logUrl: asText(body.log_url) ?? asText(body.target_url) ?? '',
    createdAt: options.now(),
  };
}

function descriptionOf(value: unknown): string | undefined {
  const text = asText(value);
  if (text !== undefined && [...text].length > longestDescription) {
    throw invalid(
      'DeploymentStatus',
      'description',
      `description is too long (maximum is ${longestDescription} characters)`,
    );
  }
  return text;
}

/** `auto_inactive`: earlier deployments of the environment, unless transient or production, become inactive. */
function deactivateEarlier(
  options: GitHubDeploymentsOptions,
  entries: DeploymentEntry[],
  entry: DeploymentEntry,
  firstId: number,
): number {
  let id = firstId;
  for (const other of entries) {
    const earlier = other !== entry && other.id < entry.id && other.environment === entry.environment;
    const last = other.statuses.at(-1);
    if (!earlier || other.transient || other.production || last?.state !== 'success') continue;
    other.statuses.push({ ...last, id, state: 'inactive', createdAt: options.now() });
    id += 1;
  }
  return id;
}

/** One page and the `Link` header that leads to the next. */
function pageOf(request: SandboxRequest, url: string, items: unknown[]) {
  const perPage = Math.min(Math.max(Number(request.query.get('per_page') ?? 30) || 30, 1), 100);
  const page = Math.max(Number(request.query.get('page') ?? 1) || 1, 1);
  const more = items.length > page * perPage;
  const query = new URLSearchParams(request.query);
  query.set('page', String(page + 1));
  return jsonAnswer(200, items.slice((page - 1) * perPage, page * perPage), {
    ...(more && { link: `<${url}?${query}>; rel="next"` }),
  });
}
