import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import type { ProbeContext } from '#probe/probe';
import type { VercelConnection } from '#vercel/project';
import { decideAction } from './decide-action.ts';
import { ownChecks } from './own-checks.ts';
import { type Given, planWatch, type WatchPlan } from './plan-watch.ts';
import { runWatch, watchOnly } from './run-watch.ts';
import { type TakenBack, takeBack } from './take-back.ts';
import { tellRestored } from './tell-restored.ts';

/** What the action needs to take the way back itself. */
export interface Actor {
  github: GitHub;
  connection: VercelConnection;
  settings: EnvironmentSettings;
  plan: WatchPlan;
  /** Release key: a lock under it is our own. */
  key: string;
  commit: string;
}

/** Takes the way back, and watches what it restored; `since`: the beginning of what was judged, Unix seconds. */
export async function act(
  runner: Runner,
  given: Given,
  actor: Actor,
  { context, reason, since }: { context: ProbeContext; reason: string; since?: number | undefined },
): Promise<TakenBack> {
  const { clock, logger } = runner;
  const { runId, runUrl, sha: commit } = runner.context;
  const { settings, plan } = actor;
  const target = given.rollbackTarget ?? 'previous';
  const back = await takeBack({ ...actor, context, runId, runUrl, commit, target, reason, clock, log: logger.info });
  for (const warning of back.warnings) logger.warning(warning);
  if (back.decision !== 'rolled-back' || back.rollback === undefined) return back;
  const promotedAt = given.promotedAt ?? since?.toString();
  const restored = { ...given, promotedAt, restored: true, act: false };
  try {
    const again = planWatch(restored, settings, plan.mode);
    const { to } = back.rollback;
    logger.info(`Watching what was restored, ${to}, for ${again.windowMs / 1000} s`);
    const { outcome } = await runWatch(runner, restored, { ...actor, plan: again, deploymentId: to }, watchOnly);
    return tellRestored(back, { outcome, decision: decideAction(outcome, again, restored) });
  } catch (error) {
    // The domains did move: that stays the result.
    logger.warning(`What was restored could not be watched: ${cleanText((error as Error).message, 300)}`);
    return back;
  }
}

/**
 * A further attempt of a run whose earlier one saw the breach, took the lock and died: the way back is brought to its end, and
 * nothing is judged again, for what serves now may be what was restored. Undefined where there is none. @throws GitHubError.
 */
export async function finishBegun(runner: Runner, given: Given, actor: Actor): Promise<Result | undefined> {
  if (runner.context.runAttempt < 2) return undefined;
  const { github, connection, settings, plan, key } = actor;
  const { environment } = settings;
  const { readOpenLocks } = await import('#release/lock');
  const open = await readOpenLocks(github, environment);
  const own = open.find((lock) => lock.key === key && lock.target !== undefined);
  if (own === undefined) return undefined;
  const [{ yieldToLaterMove }, { openApps }, { placeOf }] = await Promise.all([
    import('#release/later-move'),
    import('#release/open-apps'),
    import('#release/read-environment'),
  ]);
  const project = await openApps({ connection, settings, github, wayBack: true });
  const later = await yieldToLaterMove({ github, project }, placeOf(settings), { own, open });
  if (later !== undefined) return described(plan, `${own.reason}. ${later}`, superseded);
  const { context } = await ownChecks(runner, plan, { bypassSecret: given.protectionBypassSecret, connection });
  const back = await act(runner, given, actor, { context, reason: own.reason });
  const summary = `An earlier attempt of this run saw: ${own.reason}. ${back.summary}`;
  return described(plan, summary, back);
}

const superseded = { decision: 'superseded', reasonCode: 'superseded' } as const;

function described(
  plan: WatchPlan,
  summary: string,
  back: Pick<TakenBack, 'decision' | 'reasonCode'> & Partial<TakenBack>,
): Result {
  const { decision, reasonCode, rollback, restored } = back;
  return {
    decision,
    reasonCode: decision === 'rolled-back' ? 'unfinished_rollback' : reasonCode,
    summary,
    failed: true,
    details: {
      mode: plan.mode,
      rules: plan.rules.map(({ text }) => text),
      ...(rollback && { rollback, rollbackReasonCode: reasonCode }),
      ...(restored && { restored }),
    },
    outputs: { verdict: 'fail', requests: '', errors: '', link: '', chart: '' },
  };
}
