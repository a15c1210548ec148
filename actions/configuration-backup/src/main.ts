import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { backUp } from './back-up.ts';
import { inputs } from './inputs.ts';
import { restore } from './restore.ts';

/** Keeps the configuration of an environment encrypted, or puts variables back. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  return given.mode === 'backup' ? await backUp(runner, given, settings) : await restore(runner, given, settings);
}
