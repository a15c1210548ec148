import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelConnection } from '#vercel/project';
import type { Given } from './plan-watch.ts';

/** How Vercel is reached; undefined without token or project. */
export function vercelConnection(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): VercelConnection | undefined {
  const apiUrl = serviceAddress(runner, {
    input: given.vercelApiUrl,
    variable: 'OPS_ACTIONS_VERCEL_API_URL',
    standard: 'https://api.vercel.com',
  });
  const { vercelToken: token } = given;
  const project = given.vercelProject ?? settings.vercel.project;
  const team = given.vercelTeam ?? settings.vercel.team;
  if (!token || !project) return undefined;
  const { signal, clock, logger } = runner;
  const as = settings.vercel.as ?? 'production';
  return { apiUrl, token, project, ...(team && { team }), as, signal, clock, log: logger.debug };
}

/** The repository's lock and ledger; undefined without a token or outside a repository. */
export async function openGitHub(
  runner: Runner,
  token: string | undefined,
  signal = runner.signal,
): Promise<GitHub | undefined> {
  const { repository, apiUrl } = runner.context;
  if (token === undefined || repository === '') return undefined;
  const { createGitHub } = await import('#github/client');
  return createGitHub({ apiUrl, token, repository, signal, log: runner.logger.debug });
}

/** Asks who took over, for the watch to end as superseded (S1); undefined where nobody can be asked. */
export function takenOverBy(
  github: GitHub | undefined,
  handle: { environment: string; key: string },
): (() => Promise<string | undefined>) | undefined {
  if (!github || handle.environment === '') return undefined;
  return async () => {
    const { describeLock, foreignLock } = await import('#release/lock');
    const lock = await foreignLock(github, handle);
    return lock && describeLock(lock);
  };
}

/** The deployment to watch: the one given, else what production serves now. */
export async function watchedDeployment(
  given: string | undefined,
  connection: VercelConnection | undefined,
): Promise<string | undefined> {
  if (given !== undefined || !connection) return given;
  const { openVercelProject } = await import('#vercel/project');
  return (await (await openVercelProject(connection)).readState()).currentDeploymentId;
}

/** Whether Vercel says that a host is a domain or a deployment of the project (S20). */
export async function belongsToProject(connection: VercelConnection, host: string): Promise<boolean> {
  const { openVercelProject } = await import('#vercel/project');
  const project = await openVercelProject(connection);
  return (await project.servedBy(host)) !== undefined || (await project.deployment(host)) !== undefined;
}
