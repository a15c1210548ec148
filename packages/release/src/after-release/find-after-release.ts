import type { GitHub } from '#github/client';
import { ledgerTask, type ReleaseRecord, toReleaseRecord } from '../release-record.ts';
import { readAfterRelease } from './after-release-record.ts';

/** The release that is looked at, and earlier ones whose sign-off never came. */
export interface AfterRelease {
  current: ReleaseRecord | undefined;
  left: { release: ReleaseRecord; why: string }[];
}

/** Entries that are looked at. */
const recentEntries = 30;

/**
 * The newest release that went live and was not taken back. Stops at the first one that has its end, below it or itself: one
 * listing and one or two requests for statuses where releases are signed off. One that nobody looked at hides nothing: windows may
 * have been opened for those below it. @throws GitHubError.
 */
export async function findAfterRelease(github: GitHub, environment: string): Promise<AfterRelease> {
  const listed = await github.listDeployments({ environment, task: ledgerTask, perPage: recentEntries });
  const found: AfterRelease = { current: undefined, left: [] };
  for (const deployment of listed.toSorted((a, b) => b.id - a.id)) {
    const release = toReleaseRecord(deployment, await github.listStatuses(deployment.id));
    if (release === undefined || release.promotion !== 'promoted') continue;
    if (found.current === undefined && !release.rolledBack) {
      found.current = release;
      // Its end was written behind those of all before it.
      if (readAfterRelease(release).ended !== undefined) break;
      continue;
    }
    const { checks, told, confirmed, reminded, ended } = readAfterRelease(release);
    const lookedAt = checks.length + told.size + confirmed.size + reminded.size > 0;
    if (lookedAt && ended === undefined) {
      const by = found.current?.version;
      const why = release.rolledBack || by === undefined ? 'it was taken back' : `${by} took its place`;
      found.left.push({ release, why });
    } else if (found.current !== undefined && ended !== undefined) break;
  }
  return found;
}
