import { type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { compareWithDatabase } from './compare-with-database.ts';
import { inputs } from './inputs.ts';
import { proposeLeft } from './propose-left.ts';

export type Given = InputValues<typeof inputs>;

/** Types of the database against those of the checkout, and the pull request about what differs (MIG-19). */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  return given.mode === 'propose' ? await proposeLeft(runner, given) : await compareWithDatabase(runner, given);
}
