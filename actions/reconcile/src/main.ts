import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import { isPublic } from '#action-kit/public-repository';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { finish } from './finish.ts';
import { inputs } from './inputs.ts';
import { incidents } from './open-incidents.ts';

/** Finishes what dead runs left behind (S7), or opens the incidents of what was finished, from a job of their own (S12). */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { githubToken, event } = given;
  if (githubToken === undefined) {
    const message = 'is needed: ledger, lock and runs are read from GitHub';
    throw new InputError([
      { name: 'github-token', message, allowed: 'a token with deployments: write, actions: read' },
    ]);
  }
  const github = createGitHub(gitHubConnection(runner, githubToken));
  if (event !== 'incident') return await finish(runner, given, github);
  return await incidents(github, given.reconciled, { everybodyReads: isPublic(runner.context.event) });
}
