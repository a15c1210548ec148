import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { BackupFailed } from '#backup/backup-error';
import { copy } from './copy.ts';
import { inputs } from './inputs.ts';
import { prune } from './prune.ts';
import { restore } from './restore.ts';

/** Copies the objects of a project, removes old versions, or puts objects back. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const modes = { copy, prune, restore };
  try {
    return await modes[given.mode](runner, given, settings);
  } catch (error) {
    if (!(error instanceof BackupFailed)) throw error;
    const decision = { copy: 'could-not-copy', prune: 'could-not-run', restore: 'failed' }[given.mode];
    return { decision, reasonCode: error.reasonCode, summary: error.message, failed: true };
  }
}
