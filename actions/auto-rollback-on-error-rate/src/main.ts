import { vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { onServerTime } from '#action-kit/server-time';
import { loadSettings } from '#action-kit/settings';
import type { ReleaseHandle } from '#release/release-handle';
import { act } from './act.ts';
import { parseQuestion } from './await-answer.ts';
import { decideAction } from './decide-action.ts';
import { describeWatch } from './describe-watch.ts';
import { finishBegun } from './finish-begun.ts';
import { inputs } from './inputs.ts';
import { keeperOf } from './kept-previous.ts';
import { planWatch } from './plan-watch.ts';
import { runWatch, watchOnly } from './run-watch.ts';
import { openGitHub, watchedDeployment } from './services.ts';
import { askPeople, untilAnswered } from './until-answered.ts';
import { writeChart } from './write-chart.ts';

/** Preflight refuses it for production; a handle that says both is none of ours. */
function isRehearsed(handle: ReleaseHandle | undefined): boolean {
  return handle?.rehearsal === true && !handle.production;
}

/** Watches the error rate of a deployment and decides; with `act` it takes a bad release back itself, and watches what it restored. */
export async function main(started: Runner): Promise<Result> {
  const given = readInputs(started, inputs);
  const settings = await loadSettings(started, given);
  const runner = await onServerTime(started, given);
  if (given.continue) {
    const continued = await (await import('./continue-release.ts')).continueRelease(runner, given, settings);
    return await (await import('./measure-windows.ts')).withWindows(runner, given, settings, continued);
  }
  const { logger, context } = runner;
  const handle =
    given.release === undefined
      ? undefined
      : (await import('#release/release-handle')).parseReleaseHandle(given.release);
  const mode = handle ? handle.mode : undefined;
  const plan = planWatch(given, settings, mode);
  // The whole input is masked already; a log may show the value without its name.
  for (const value of Object.values(plan.httpJson?.headers ?? {})) runner.mask(value);
  const connection = vercelConnection(runner, given, settings);
  const github = await openGitHub(runner, given.githubToken);
  const { environment } = settings;
  if (given.act && plan.mode === 'auto' && (!connection || !github || environment === '')) {
    const message =
      'takes the way back itself in mode auto: that needs environment, github-token, vercel-token and vercel-project';
    throw new InputError([{ name: 'act', given: 'true', message, allowed: 'false, or mode observe or notify' }]);
  }
  const key = handle ? handle.key : `${context.repositoryId}:${environment}:${context.runId}`;
  const commit = handle ? handle.commit : context.sha;
  const deploymentId = await watchedDeployment(given.deploymentId, connection);
  const watched = { settings, connection, key, commit };
  const about = { plan, deploymentId, rollbackTarget: given.rollbackTarget };
  const reviewers = { github, environment: given.rollbackEnvironment, runner };
  if (given.asked !== undefined) {
    const question = parseQuestion(given.asked);
    const answered = await runWatch(runner, given, { ...watched, plan, deploymentId }, (watch, watching) =>
      untilAnswered(watch, question, reviewers, watching),
    );
    const chart = await writeChart(runner, answered.outcome, 'watch');
    return describeWatch(answered.outcome, answered.decision, { ...about, chart }, undefined);
  }
  if (given.act && plan.mode === 'auto' && connection && github) {
    const finished = await finishBegun(runner, given, { github, connection, settings, plan, key, commit });
    if (finished !== undefined) return finished;
  }
  const keeper = await keeperOf(runner, given, settings, { handle, connection, intervalMs: plan.intervalMs });
  // What was restored is watched as it is: that is the proof that the way back led somewhere.
  const rehearsal = isRehearsed(handle) && !given.restored;
  if (rehearsal) logger.warning('Rehearsal: the watch counts every request as an error, so that the way back is taken');
  const seen = await runWatch(runner, given, { ...watched, plan, deploymentId, keeper, rehearsal }, watchOnly);
  const chart = await writeChart(runner, seen.outcome, given.restored ? 'restored' : 'watch');
  const mayAsk = !given.act && github !== undefined && given.rollbackEnvironment !== undefined && !given.restored;
  const first = decideAction(seen.outcome, plan, { ...given, mayAsk });
  const { decision, asked } = await askPeople(first, plan, reviewers);
  if (!decision.act || !connection || !github)
    return describeWatch(seen.outcome, decision, { ...about, asked, chart, previous: seen.previous }, undefined);
  const parts = { github, connection, settings, plan, key, commit };
  const back = await act(runner, given, parts, {
    context: seen.context,
    reason: decision.summary,
  });
  return describeWatch(seen.outcome, decision, { ...about, chart, previous: seen.previous }, back);
}
