import { describeProblem, InputError } from '#action-kit/input-error';
import { tryInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { finished } from './finished.ts';
import { incident } from './incident.ts';
import { inputs } from './inputs.ts';
import { promoted } from './promoted.ts';
import { restored } from './restored.ts';
import { rolledBack } from './rolled-back.ts';

/** Keeps the record of a release and tells people: when it went live, how it ended, what a rollback by hand did, and what people must look at. */
export async function main(runner: Runner): Promise<Result> {
  const { values: given, problems } = tryInputs(runner, inputs);
  const isEnd = ['finished', 'rolled-back', 'restored'].includes(given.event);
  if (problems.length > 0 && !isEnd) throw new InputError(problems);
  // Preflight refuses them; the end must be told all the same.
  for (const problem of problems) runner.logger.warning(describeProblem(problem));
  switch (given.event) {
    case 'promoted':
      return await promoted(runner, given);
    case 'rolled-back':
      return await rolledBack(runner, given);
    case 'restored':
      return await restored(runner, given);
    case 'incident':
      return await incident(runner, given);
    default:
      return await finished(runner, given);
  }
}
