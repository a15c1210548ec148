import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { messageOf } from '#http/error-reason';
import type { VercelProject } from '#vercel/project';
import { keepTimeOf } from './keep-previous.ts';
import { readServed } from './move-domains.ts';
import { nameOf } from './name-of-target.ts';
import { settle } from './patience.ts';
import { placeOf, readRecentReleases } from './read-environment.ts';
import type { ReleaseRecord } from './release-record.ts';

/** The newest release that is live, as the ledger tells it, and whether Vercel still has what served before it. */
export interface PreviousFacts {
  serving: Pick<ReleaseRecord, 'version' | 'rollbackTarget' | 'promotedAt' | 'decision'> | undefined;
  /** Of its rollback target; `unknown` where Vercel could not be asked. */
  previous: 'there' | 'gone' | 'unknown';
  /** How long it is kept to go back to, milliseconds. */
  keepMs: number;
  /** Milliseconds since the epoch, by GitHub's clock. */
  now: number;
}

/**
 * Why what only older code needs may not go yet: the deployment that served before is kept to go back to, and would meet a database
 * that it cannot bear (BGD-07). Undefined: it is deleted, or was kept for its time. Pure.
 */
export function whyStillNeeded({ serving, previous, keepMs, now }: PreviousFacts): string | undefined {
  const target = serving?.rollbackTarget;
  if (serving === undefined || target === undefined || previous === 'gone') return undefined;
  const kept = `${nameOf(target)}, which served before ${serving.version}`;
  if (serving.decision === undefined || serving.promotedAt === undefined)
    return `${kept}, is the way back of a release that has not ended`;
  const until = serving.promotedAt + keepMs;
  if (now >= until) return undefined;
  return `${kept}, is kept to go back to until ${new Date(until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/**
 * The same, read where release.keep-previous or strategy blue-green keeps a previous deployment; what cannot be read keeps it, too.
 * `project` is absent where nobody can be asked whether it was deleted: then its time decides.
 */
export async function readStillNeeded(
  { github, project }: { github: GitHub | undefined; project: (() => Promise<VercelProject>) | undefined },
  settings: EnvironmentSettings,
): Promise<string | undefined> {
  const keepMs = keepTimeOf(settings.release);
  if (keepMs === undefined) return undefined;
  const unread = (why: string) => `whether what served before is still kept to go back to could not be read: ${why}`;
  if (github === undefined) return unread('github-token is not given');
  const releases = await settle(readRecentReleases(github, settings.environment));
  if ('error' in releases) return unread(messageOf(releases.error));
  const asked = await settle(whatServes(project, settings));
  const current = 'error' in asked ? undefined : asked.value;
  const live = releases.value.filter(({ promotion, rolledBack }) => promotion !== 'none' && !rolledBack);
  const serving =
    current === undefined ? live[0] : live.find(({ deploymentId }) => deploymentId === current.deploymentId);
  const target = serving?.rollbackTarget?.deploymentId;
  const found =
    current === undefined || target === undefined ? undefined : await settle(current.project.deployment(target));
  const previous = found === undefined || 'error' in found ? 'unknown' : found.value === undefined ? 'gone' : 'there';
  return whyStillNeeded({ serving, previous, keepMs, now: github.serverTime() });
}

async function whatServes(open: (() => Promise<VercelProject>) | undefined, settings: EnvironmentSettings) {
  if (open === undefined) return undefined;
  const project = await open();
  return { project, deploymentId: (await readServed(project, placeOf(settings))).deploymentId };
}
