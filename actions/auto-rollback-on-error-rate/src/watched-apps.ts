import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { OwnRequests } from '#observe/own-requests';
import type { WatchedApp } from '#observe/sources/sources-of-apps';
import type { VercelConnection } from '#vercel/project';
import type { WatchPlan } from './plan-watch.ts';

/**
 * The further projects of a group, each with the deployment that goes together with the one that is watched. One whose deployment
 * nobody knows is watched all the same: its source says why it is blind. Vercel is asked only where a source needs it.
 */
export async function watchedApps(
  plan: Pick<WatchPlan, 'sources' | 'apps'>,
  about: {
    settings: EnvironmentSettings;
    connection: VercelConnection | undefined;
    github: GitHub | undefined;
    deploymentId: string | undefined;
    /** Our own requests to an app; default none. */
    ownOf?: (app: string) => OwnRequests;
  },
): Promise<WatchedApp[]> {
  const { apps, sources } = plan;
  const { connection, ownOf = () => new OwnRequests() } = about;
  if (apps.length === 0 || connection === undefined) return [];
  const needsIds = sources.includes('vercel-runtime-logs');
  const going = needsIds ? await goingWith({ ...about, connection }) : { unknown: 'it was not asked for' };
  return apps.map(({ name, project }) => {
    const id = 'unknown' in going ? undefined : going.apps[name];
    const unknown = 'unknown' in going ? going.unknown : `no deployment of ${name} is known`;
    return { name, project, deployment: id === undefined ? { unknown } : { id }, own: ownOf(name) };
  });
}

async function goingWith({
  settings,
  connection,
  github,
  deploymentId,
}: {
  settings: EnvironmentSettings;
  connection: VercelConnection;
  github: GitHub | undefined;
  deploymentId: string | undefined;
}): Promise<{ apps: Record<string, string> } | { unknown: string }> {
  if (deploymentId === undefined) return { unknown: 'which deployment is watched is not known' };
  try {
    const { openApps } = await import('#release/open-apps');
    const project = await openApps({ connection, settings, github });
    return { apps: (await project.group?.goingWith(deploymentId)) ?? {} };
  } catch (error) {
    if (connection.signal?.aborted) throw error;
    return { unknown: cleanText((error as Error).message, 300) };
  }
}
