import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { gitHubConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { createGitHub } from '#github/client';
import { planMarker, upsertComment } from '#github/marked-comment';
import { inputs } from './inputs.ts';
import { readEndedRun } from './read-ended-run.ts';
import { renderForeignPlan, renderNoPlan } from './render-foreign-plan.ts';

/** Posts what a fork's run has left, into the pull request that GitHub says it is of. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const { context } = runner;
  const token = given.githubToken;
  if (token === undefined) throw new InputError([{ name: 'github-token', message: 'is required and was not given' }]);
  const run = readEndedRun(context.event);
  if ('reasonCode' in run) {
    if (run.reasonCode !== 'wrong_event') return skipped(run.reasonCode, nothingToFollow[run.reasonCode]);
    const summary = 'This is no run that follows the pull_request of a fork (event workflow_run); nothing is posted';
    return { decision: 'refused', reasonCode: run.reasonCode, summary, failed: true };
  }
  const { planFile } = given;
  const path = isAbsolute(planFile) ? planFile : join(context.workspace, planFile);
  const left = given.fetchOutcome === 'success' ? await readPlan(path) : 'no_plan';
  const github = createGitHub(gitHubConnection(runner, token));
  const candidates = await github.openPullRequests(run.head);
  const [found, ...others] = candidates.filter(
    (one) =>
      one.headSha === run.headSha &&
      one.headRepositoryId === run.headRepositoryId &&
      one.baseRepositoryId === run.repositoryId,
  );
  const marker = planMarker(`fork:${given.name}`);
  const ofRun = {
    url: `${context.serverUrl}/${context.repository}/actions/runs/${run.id}`,
    headSha: run.headSha,
  };
  const one = others.length === 0 ? found : undefined;
  if (typeof left === 'string') {
    const body = renderNoPlan(marker, why[left], ofRun);
    const done =
      one === undefined ? 'none' : await upsertComment(github, one.number, marker, body, { createIt: false });
    const told = done === 'none' ? 'nothing is posted' : `the comment of pull request #${one?.number} says so`;
    const summary = `${why[left]}; ${told}`;
    if (left === 'bad_artifact') return { decision: 'refused', reasonCode: left, summary, failed: true };
    return { decision: done === 'none' ? 'skipped' : 'updated', reasonCode: left, summary, failed: false };
  }
  if (found === undefined)
    return skipped('pull_request_not_found', 'No open pull request has this commit: it was closed, or pushed to again');
  if (one === undefined)
    return skipped('pull_request_ambiguous', `${others.length + 1} open pull requests have this commit`);
  const body = renderForeignPlan(marker, left.text, ofRun);
  const done = await upsertComment(github, one.number, marker, body, { createIt: true });
  const decision = done === 'updated' ? 'updated' : 'posted';
  const summary = `The plan is a comment of pull request #${one.number}`;
  return { decision, reasonCode: decision, summary, failed: false, details: { pullRequest: one.number } };
}

const nothingToFollow = {
  not_a_fork: 'The pull request is of this repository: its own run comments',
  fork_deleted: 'The fork or its branch is gone, so nobody can say which pull request this was of',
};

const largest = 256 * 1024;

const why = {
  no_plan: 'the run of the fork has left no plan, or it could not be fetched',
  bad_artifact: `what the run of the fork has left is no plain file of up to ${largest / 1024} KB`,
};

function skipped(reasonCode: string, summary: string): Result {
  return { decision: 'skipped', reasonCode, summary, failed: false };
}

/** Never through a link: an archive can bring one along. */
async function readPlan(path: string): Promise<{ text: string } | keyof typeof why> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? 'no_plan' : 'bad_artifact'),
  );
  if (typeof file === 'string') return file;
  try {
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > largest) return 'bad_artifact';
    return { text: (await file.readFile()).toString('utf8') };
  } finally {
    await file.close();
  }
}
