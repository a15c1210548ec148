import type { GitHub } from '#github/client';
import { readFacts } from '#release/after-release/read-facts';
import type { OutcomeFacts } from '#release/decide-release-outcome';
import { describeFilesOfEarlier, isUndoOpen } from '#release/describe-files-behind';
import { readReleases } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import type { ReleaseRecord } from '#release/release-record';

/** Releases that are looked at: so many in a row that promoted nothing are not to be expected. */
const most = 16;

/** Whether the step that takes migrations back has left something open; read only where it did not end well. @throws GitHubError. */
export async function readUndoOpen(
  github: GitHub,
  { ledgerId }: Pick<ReleaseHandle, 'ledgerId'>,
  { databaseBack }: OutcomeFacts,
): Promise<boolean> {
  const wentWell = !['failure', 'cancelled'].includes(databaseBack?.outcome ?? '');
  return wentWell || ledgerId === 0 ? false : isUndoOpen(await readFacts(github, ledgerId));
}

/**
 * What releases since the last promotion have applied, in words; read only where nothing was pending and the app failed its tests all
 * the same, before it was promoted. @throws GitHubError.
 */
export async function readFilesOfEarlier(
  github: GitHub,
  { environment, ledgerId }: Pick<ReleaseHandle, 'environment' | 'ledgerId'>,
  { migrate, stagedHealth, stagedSmoke, databaseBack }: OutcomeFacts,
): Promise<string | undefined> {
  const failed = stagedHealth.outcome === 'failure' || stagedSmoke.outcome === 'failure';
  const goesBack = !['', 'skipped', undefined].includes(databaseBack?.outcome);
  if (!failed || goesBack || migrate.decision !== 'nothing-pending' || ledgerId === 0) return undefined;
  const releases: ReleaseRecord[] = [];
  for await (const release of readReleases(github, { environment })) {
    releases.push(release);
    if (release.promotion !== 'none' || releases.length === most) break;
  }
  return describeFilesOfEarlier(releases);
}
