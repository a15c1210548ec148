import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { needsAPerson } from '#release/revert/plan-revert';
import { revertRelease } from '#release/revert/revert-release';
import { inputs } from './inputs.ts';

/** Takes a release back in the code; production changes when the revert is released. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { githubToken, mode, tag, release, branch, allowUnsafe, dryRun } = given;
  if (githubToken === undefined) {
    const message = 'is needed: ledger, commits and branches are on GitHub';
    throw new InputError([{ name: 'github-token', message, allowed: 'a token with contents: write' }]);
  }
  const { environment, trigger } = await loadSettings(runner, given);
  const outcome = await revertRelease(createGitHub(gitHubConnection(runner, githubToken)), {
    environment,
    release,
    branch,
    mode,
    tag: tag === 'always' || (tag === 'auto' && trigger?.event === 'tag'),
    allowUnsafe,
    dryRun,
  });
  const { decision, reasonCode, message, commit, tag: made, pullRequest } = outcome;
  return {
    decision,
    reasonCode,
    summary: message,
    failed: needsAPerson(outcome),
    details: { commit: commit ?? null, tag: made ?? null, pullRequest: pullRequest ?? null },
    outputs: { commit: commit ?? '', tag: made ?? '', 'pull-request': pullRequest ? String(pullRequest.number) : '' },
  };
}
