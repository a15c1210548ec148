import type { GitHub } from '#github/client';
import { openLedger } from '#release/ledger';
import type { ReleaseHandle } from '#release/release-handle';
import { closeOvertaken, readOpenWatches, recordWindow } from '#release/watch-record';
import { windowOf } from './measured.ts';
import type { Given } from './services.ts';

/** Writes what the later runs of a watch need. @throws Error where the watch did not say it; GitHubError. */
export async function handOff(github: GitHub, handle: ReleaseHandle, given: Given): Promise<void> {
  const window = windowOf(given.watchResult);
  if (window === undefined) throw new Error('the result of the watch has no window; later runs take it from ops.yml');
  await recordWindow(openLedger(github, handle), window);
}

/** A release that is live ends the watches of those before it: their counts are its own from now on. @throws GitHubError. */
export async function closeEarlier(github: GitHub, handle: ReleaseHandle): Promise<void> {
  const { overtaken } = await readOpenWatches(github, handle.environment);
  for (const { release } of overtaken) await closeOvertaken(github, release, handle.version);
}
