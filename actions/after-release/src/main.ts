import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { onServerTime } from '#action-kit/server-time';
import { createGitHub } from '#github/client';
import { inputs } from './inputs.ts';
import { judge } from './judge.ts';
import { signOff } from './sign-off.ts';

/** Judges the windows after a release, or keeps its sign-off, from a job of its own (S12). */
export async function main(started: Runner): Promise<Result> {
  const given = readInputs(started, inputs);
  const { githubToken: token, event } = given;
  if (token === undefined) {
    const message = 'is needed: the record of the release is in GitHub';
    throw new InputError([{ name: 'github-token', message, allowed: 'a token with deployments: write' }]);
  }
  const runner = await onServerTime(started, { githubToken: token });
  const github = createGitHub(gitHubConnection(runner, token));
  return event === 'sign-off' ? await signOff(runner, given, github) : await judge(runner, given, github);
}
