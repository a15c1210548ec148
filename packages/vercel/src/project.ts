import { z } from 'zod';
import { systemClock } from '#http/clock';
import { cleanText } from '#http/text';
import { readBuildLog } from './build-log.ts';
import { oneDeploymentAnswer, toDeployment } from './deployment-answer.ts';
import { listDeployments } from './list-deployments.ts';
import { moveProduction } from './move-production.ts';
import type { Move } from './mover.ts';
import { domainsAnswer, isProductionDomain, projectAnswer, toProjectState } from './project-answer.ts';
import { aliasAnswer, aliasesAnswer, namesAnswer, namesChangedSince, readProject } from './project-reads.ts';
import { openRollingReleases, type RollingReleases } from './rolling-release.ts';
import { createVercelApi, readAnswer, type VercelApi } from './vercel-api.ts';
import { VercelError } from './vercel-error.ts';
import type { MoveOutcome, ProjectState, VercelConnection, VercelDeployment, VercelProject } from './vercel-types.ts';

export type * from './vercel-types.ts';

/**
 * Opens a project with one read that proves token, team and project.
 * Throws VercelError: vercel_token_rejected, wrong_credential, wrong_team, ids_swapped, project_not_found, wrong_project, vercel_unreachable, vercel_rate_limited …
 */
export async function openVercelProject(connection: VercelConnection, signal?: AbortSignal): Promise<VercelProject> {
  const opened = await readProject(createVercelApi(connection), connection.project, connection, signal);
  const { id, name, accountId } = opened.answer;
  if (connection.project.startsWith('prj_') && id !== connection.project) {
    throw new VercelError(
      'wrong_project',
      `Vercel answered with project ${id} when asked for ${connection.project} (trap 23).`,
    );
  }
  const teamId = accountId.startsWith('team_') ? accountId : undefined;
  const { team } = connection;
  if (team?.startsWith('team_') && team !== accountId) {
    throw new VercelError(
      'wrong_team',
      `Project ${name} belongs to ${teamId ?? 'a personal account'}, not to ${team}. Correct vercel-team.`,
    );
  }
  return new OpenProject(connection, createVercelApi(connection, teamId), { id, name, accountId, teamId });
}

/** As openVercelProject, for the way back: every single call outlasts an outage of the API of up to a minute. */
export function openProjectOfWayBack(connection: VercelConnection): Promise<VercelProject> {
  return openVercelProject({ ...connection, patienceMs: 60_000 });
}

class OpenProject implements VercelProject {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly teamId?: string;
  readonly rolling: RollingReleases;
  private readonly connection: VercelConnection;
  private readonly api: VercelApi;

  constructor(
    connection: VercelConnection,
    api: VercelApi,
    names: { id: string; name: string; accountId: string; teamId: string | undefined },
  ) {
    this.connection = connection;
    this.api = api;
    this.id = names.id;
    this.name = names.name;
    this.accountId = names.accountId;
    if (names.teamId) this.teamId = names.teamId;
    this.rolling = openRollingReleases(api, names, connection);
  }

  async readState(signal?: AbortSignal): Promise<ProjectState> {
    const [{ answer, serverTime }, domains] = await Promise.all([
      readProject(this.api, this.id, this.connection, signal),
      this.productionDomains(signal),
    ]);
    return toProjectState(answer, domains, serverTime);
  }

  private async productionDomains(signal?: AbortSignal): Promise<string[]> {
    const hosts: string[] = [];
    const what = `Reading the domains of project ${this.name}`;
    for (let until: number | undefined, page = 0; page < 20; page += 1) {
      const query = { production: 'true', limit: 100, until };
      const answer = await this.api.call({ path: `/v9/projects/${this.id}/domains`, query, signal }, what);
      const { domains, pagination } = readAnswer(answer, domainsAnswer, what);
      hosts.push(...domains.filter(isProductionDomain).map(({ name }) => name));
      if (!pagination?.next || domains.length === 0) break;
      until = pagination.next;
    }
    return hosts;
  }

  async deployment(idOrUrl: string, signal?: AbortSignal): Promise<VercelDeployment | undefined> {
    const idOrHost = idOrUrl.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
    const what = `Reading deployment ${cleanText(idOrHost, 100)}`;
    const path = `/v13/deployments/${encodeURIComponent(idOrHost)}`;
    const answer = await this.api.call({ path, accept: [404], signal }, what);
    if (answer.status === 404) return undefined;
    const deployment = toDeployment(readAnswer(answer, oneDeploymentAnswer, what));
    if (deployment?.projectId !== this.id) {
      throw new VercelError(
        'wrong_project',
        `${what}: it belongs to ${deployment ? `project ${deployment.projectId}` : 'a project that this token cannot see'}, not to ${this.name} (${this.id}). Name a deployment of this project.`,
      );
    }
    return deployment.readyState === 'DELETED' ? undefined : deployment;
  }

  deployments(filter: Parameters<VercelProject['deployments']>[0]): Promise<VercelDeployment[]> {
    return listDeployments(this.api, this.id, filter);
  }

  async servedBy(host: string, signal?: AbortSignal): Promise<string | undefined> {
    const what = `Asking what serves ${host}`;
    const path = `/v4/aliases/${encodeURIComponent(host)}`;
    const answer = await this.api.call({ path, accept: [404], signal }, what);
    if (answer.status === 404) return undefined;
    const { deploymentId, projectId } = readAnswer(answer, aliasAnswer, what);
    return projectId && projectId !== this.id ? undefined : (deploymentId ?? undefined);
  }

  promote(deploymentId: string, options: Parameters<VercelProject['promote']>[1]): Promise<MoveOutcome> {
    const path = `/v10/projects/${this.id}/promote/${encodeURIComponent(deploymentId)}`;
    return this.move({ ...options, type: 'promote', target: deploymentId }, path, {});
  }

  rollBack(deploymentId: string, options: Parameters<VercelProject['rollBack']>[1]): Promise<MoveOutcome> {
    const path = `/v1/projects/${this.id}/rollback/${encodeURIComponent(deploymentId)}`;
    const { description, ...rest } = options;
    const query = description ? { description: cleanText(description, 200) } : {};
    return this.move({ ...rest, type: 'rollback', target: deploymentId }, path, query);
  }

  private async move(move: Move, path: string, query: Record<string, string>): Promise<MoveOutcome> {
    const clock = this.connection.clock ?? systemClock;
    const { as = 'production' } = this.connection;
    if (as !== 'production') {
      // Promoting from a staging environment would rebuild a preview into production (design §5, trap 17).
      const message = `This environment is ${as === 'alias' ? 'an alias' : 'a custom environment'} of project ${this.name}: only production may ${move.type === 'promote' ? 'be promoted' : 'be rolled back'}. Nothing was sent.`;
      return { outcome: 'failed', reasonCode: 'not_production', message, requestedAt: clock.now(), requests: 0 };
    }
    return moveProduction(
      {
        clock,
        signal: this.connection.signal,
        log: this.connection.log ?? (() => {}),
        readState: (signal) => this.readState(signal),
        readProject: async (signal) => {
          const { answer } = await readProject(this.api, this.id, this.connection, signal);
          return toProjectState(answer, []);
        },
        servedBy: (host, signal) => this.servedBy(host, signal),
        deployment: (id, signal) => this.deployment(id, signal),
        rollingRelease: (signal) => this.rolling.read(signal),
        send: async (signal, deadlineMs) => {
          const answer = await this.api.http.request({
            method: 'POST',
            path,
            query,
            signal,
            deadlineMs,
            attempts: 1,
            accept: [409],
          });
          return answer.status;
        },
      },
      move,
    );
  }

  async assignAlias(deploymentId: string, host: string): Promise<void> {
    const what = `Assigning ${host} to ${deploymentId}`;
    // Whatever a configuration says: an alias never moves what production is served on (design §5).
    if ((await this.productionDomains()).includes(host)) {
      throw new VercelError(
        'production_domain',
        `${what}: ${host} is a production domain of project ${this.name}, which only a promotion moves. Nothing was sent. Give this environment an address of its own.`,
      );
    }
    const path = `/v2/deployments/${encodeURIComponent(deploymentId)}/aliases`;
    // Repeating is harmless: the alias ends on the same deployment. A 409 may mean that it is there already.
    const json = { alias: host };
    const answer = await this.api.call({ method: 'POST', path, json, repeat: 'always', accept: [403, 409] }, what);
    if (answer.status === 403) {
      throw new VercelError(
        'alias_forbidden',
        `${what}: Vercel says that this project or token may not use ${host}. Add the domain to project ${this.name} in Vercel, and check the scope of the token.`,
        { status: 403 },
      );
    }
    if (answer.status === 409 && (await this.servedBy(host)) !== deploymentId) {
      throw new VercelError(
        'alias_conflict',
        `${what}: Vercel refused it (409). Does the domain belong to another project?`,
        { status: 409 },
      );
    }
  }

  async aliasesOf(deploymentId: string): Promise<string[]> {
    const what = `Reading what points at ${deploymentId}`;
    const path = `/v2/deployments/${encodeURIComponent(deploymentId)}/aliases`;
    const answer = await this.api.call({ path, accept: [404] }, what);
    return answer.status === 404 ? [] : readAnswer(answer, aliasesAnswer, what).aliases.map(({ alias }) => alias);
  }

  async setAutoAssign(value: boolean): Promise<void> {
    const what = `Switching auto-assignment of production domains ${value ? 'on' : 'off'}`;
    const path = `/v9/projects/${this.id}`;
    const json = { autoAssignCustomDomains: value };
    const answer = await this.api.call({ method: 'PATCH', path, json, repeat: 'always' }, what);
    if (readAnswer(answer, projectAnswer, what).autoAssignCustomDomains !== value) {
      throw new VercelError('auto_assign_not_set', `${what}: Vercel took the change but does not show it.`);
    }
  }

  // vercel.com/docs/rest-api/projects: POST pause and unpause answer 200; repeating either changes nothing.
  async pause(): Promise<void> {
    const path = `/v1/projects/${this.id}/pause`;
    await this.api.call({ method: 'POST', path, repeat: 'always' }, `Pausing project ${this.name}`);
  }

  async unpause(): Promise<void> {
    const path = `/v1/projects/${this.id}/unpause`;
    await this.api.call({ method: 'POST', path, repeat: 'always' }, `Unpausing project ${this.name}`);
  }

  async remove(deploymentId: string): Promise<void> {
    const path = `/v13/deployments/${encodeURIComponent(deploymentId)}`;
    await this.api.call({ method: 'DELETE', path, repeat: 'always', accept: [404] }, `Deleting ${deploymentId}`);
  }

  async cancel(deploymentId: string): Promise<void> {
    const path = `/v12/deployments/${encodeURIComponent(deploymentId)}/cancel`;
    await this.api.call({ method: 'PATCH', path, repeat: 'always' }, `Cancelling deployment ${deploymentId}`);
  }

  async environmentNames(target: string): Promise<string[]> {
    const what = `Reading the names of environment variables of project ${this.name}`;
    const answer = await this.api.call({ path: `/v10/projects/${this.id}/env` }, what);
    const { envs } = readAnswer(answer, namesAnswer, what);
    // Only a plain value is shown; an empty one is as good as none.
    const given = envs.filter(({ type, value }) => type !== 'plain' || value !== '');
    return given.filter((env) => [env.target ?? []].flat().includes(target)).map(({ key }) => key);
  }

  async variablesChangedSince(target: string, since: number): Promise<string[]> {
    const what = `Reading the times of environment variables of project ${this.name}`;
    const answer = await this.api.call({ path: `/v10/projects/${this.id}/env` }, what);
    return namesChangedSince(readAnswer(answer, namesAnswer, what).envs, target, since);
  }

  async queryObservability(body: object, path: '/v2/observability/query' | '/metrics/v1'): Promise<unknown> {
    const what = `Reading the request counts of project ${this.name}`;
    // A query changes nothing, so it may be repeated like a read.
    return readAnswer(
      await this.api.call({ method: 'POST', path, json: body, repeat: 'always' }, what),
      z.unknown(),
      what,
    );
  }

  buildLog(deploymentId: string, lines = 20): Promise<string[]> {
    return readBuildLog(this.api, deploymentId, lines);
  }
}
