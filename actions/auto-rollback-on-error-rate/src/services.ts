import { gitHubConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import type { AppSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelConnection } from '#vercel/project';

/** The repository's lock and ledger; undefined without a token or outside a repository. */
export async function openGitHub(
  runner: Runner,
  token: string | undefined,
  signal = runner.signal,
): Promise<GitHub | undefined> {
  if (token === undefined || runner.context.repository === '') return undefined;
  const { createGitHub } = await import('#github/client');
  return createGitHub({ ...gitHubConnection(runner, token), signal });
}

/** Asks who took over, for the watch to end as superseded (S1); undefined where nobody can be asked. */
export function takenOverBy(
  github: GitHub | undefined,
  handle: { environment: string; key: string },
): (() => Promise<string | undefined>) | undefined {
  if (!github || handle.environment === '') return undefined;
  return async () => {
    const { describeLock, laterLock } = await import('#release/lock');
    const lock = await laterLock(github, handle);
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

/** Whether Vercel says that a host is a domain or a deployment of the environment's projects (S20). */
export async function belongsToProject(
  connection: VercelConnection,
  host: string,
  apps: readonly AppSettings[],
): Promise<boolean> {
  const [{ openVercelProject }, { ownsHost }] = await Promise.all([
    import('#vercel/project'),
    import('#release/open-apps'),
  ]);
  return await ownsHost(await openVercelProject(connection), connection, apps, host);
}
