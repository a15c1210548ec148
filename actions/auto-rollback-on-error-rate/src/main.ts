import { vercelConnection } from '#action-kit/connections';
import { InputError } from '#action-kit/input-error';
import { readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { cleanText } from '#http/text';
import { parseQuestion } from './await-answer.ts';
import { decideAction } from './decide-action.ts';
import { describeWatch } from './describe-watch.ts';
import { inputs } from './inputs.ts';
import { planWatch } from './plan-watch.ts';
import { runWatch, watchOnly } from './run-watch.ts';
import { openGitHub, watchedDeployment } from './services.ts';
import { type TakenBack, takeBack } from './take-back.ts';
import { tellRestored } from './tell-restored.ts';
import { askPeople, untilAnswered } from './until-answered.ts';

/** Watches the error rate of a deployment and decides; with `act` it takes a bad release back itself, and watches what it restored. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  if (given.continue) return await (await import('./continue-release.ts')).continueRelease(runner, given, settings);
  const { clock, logger, context } = runner;
  const handle = given.release && (await import('#release/release-handle')).parseReleaseHandle(given.release);
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
    return describeWatch(answered.outcome, answered.decision, about, undefined);
  }
  const seen = await runWatch(runner, given, { ...watched, plan, deploymentId }, watchOnly);
  const mayAsk = !given.act && github !== undefined && given.rollbackEnvironment !== undefined && !given.restored;
  const first = decideAction(seen.outcome, plan, { ...given, mayAsk });
  const { decision, asked } = await askPeople(first, plan, reviewers);
  if (!decision.act || !connection || !github)
    return describeWatch(seen.outcome, decision, { ...about, asked }, undefined);
  let back: TakenBack = await takeBack({
    github,
    connection,
    settings,
    plan,
    context: seen.context,
    key,
    runId: context.runId,
    runUrl: context.runUrl,
    commit: context.sha,
    target: given.rollbackTarget ?? 'previous',
    reason: decision.summary,
    clock,
    log: logger.info,
  });
  for (const warning of back.warnings) logger.warning(warning);
  if (back.decision === 'rolled-back' && back.rollback !== undefined) {
    const restored = { ...given, restored: true, act: false };
    try {
      const again = planWatch(restored, settings, mode);
      logger.info(`Watching what was restored, ${back.rollback.to}, for ${again.windowMs / 1000} s`);
      const { outcome } = await runWatch(
        runner,
        restored,
        { ...watched, plan: again, deploymentId: back.rollback.to },
        watchOnly,
      );
      back = tellRestored(back, { outcome, decision: decideAction(outcome, again, restored) });
    } catch (error) {
      // The domains did move: that stays the result.
      logger.warning(`What was restored could not be watched: ${cleanText((error as Error).message, 300)}`);
    }
  }
  return describeWatch(seen.outcome, decision, about, back);
}
