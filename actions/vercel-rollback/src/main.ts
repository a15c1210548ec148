import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { byHand } from './by-hand.ts';
import { forDeploy } from './for-deploy.ts';
import { inputs } from './inputs.ts';

/** The way back: called by deploy it decides from the recorded outcomes, by hand it takes the target that was named. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  // An empty `release` is no sign of a person: deploy has none either when its preflight refused.
  const calledByDeploy = given.calledBy === 'deploy' || given.release !== undefined;
  return calledByDeploy ? await forDeploy(runner, given) : await byHand(runner, given);
}
