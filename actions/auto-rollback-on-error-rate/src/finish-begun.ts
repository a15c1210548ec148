import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { messageOf, reasonCodeOf } from '#http/error-reason';
import { cleanText } from '#http/text';
import { commandOn } from '#release/command-line';
import { settle, within } from '#release/patience';
import { type Actor, act, watchRestored } from './act.ts';
import { ownChecks } from './own-checks.ts';
import type { Given, WatchPlan } from './plan-watch.ts';
import { proveHealthy, type TakenBack, withPartsLeft } from './take-back.ts';

/** As long as the way back waits for GitHub anywhere (S1). */
const githubPatienceMs = 5_000;

/**
 * A further attempt of a run whose earlier one saw the breach, took the lock and died: the way back is brought to its end, and
 * nothing is judged again, for what serves now may be what was restored. Undefined where there is none. Where GitHub is silent,
 * Vercel's note of the rollback tells whether it was done.
 */
export async function finishBegun(runner: Runner, given: Given, actor: Actor): Promise<Result | undefined> {
  if (runner.context.runAttempt < 2) return undefined;
  const { github, connection, settings, plan, key } = actor;
  const { environment } = settings;
  const { readOpenLocks } = await import('#release/lock');
  const read = await within(runner.clock, githubPatienceMs, settle(readOpenLocks(github, environment)));
  if (read === undefined || 'error' in read) {
    const silent =
      read === undefined ? `GitHub did not answer within ${githubPatienceMs / 1000} s` : messageOf(read.error);
    const reasonCode = (read && reasonCodeOf(read.error)) ?? 'github_unreachable';
    return await finishUnread(runner, given, actor, { silent: cleanText(silent, 300), reasonCode });
  }
  const { value: open } = read;
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

/** Nobody can read whether a way back was begun: by Vercel's note it was done, or a person decides. */
async function finishUnread(
  runner: Runner,
  given: Given,
  actor: Actor,
  { silent, reasonCode }: { silent: string; reasonCode: string },
): Promise<Result> {
  const { connection, settings, plan, key } = actor;
  const { environment } = settings;
  const done = await settle(readNoted(actor));
  const noted = 'value' in done && done.value?.key === key ? done.value : undefined;
  if (noted === undefined) {
    const vercel = 'error' in done ? ` Vercel does not tell it either: ${cleanText(messageOf(done.error), 300)}.` : '';
    const what = `${silent}: whether an earlier attempt of this run began a way back is not known.${vercel} Nothing was judged again and nothing was moved.`;
    const next = `Next, at once: look at ${environment}, and where it is bad: ${commandOn(settings, 'rollback')}`;
    return described(plan, `${what} ${next}`, { decision: 'rollback-failed', reasonCode }, 'no-data');
  }
  const { context } = await ownChecks(runner, plan, { bypassSecret: given.protectionBypassSecret, connection });
  const { deploymentId: to } = noted.target;
  const moved = withPartsLeft(settings, {
    decision: 'rolled-back',
    reasonCode: 'rolled_back',
    summary: `${environment} serves ${to}: that attempt had moved the domains, as Vercel’s note of it says.`,
    warnings: [`${silent}: whether ${environment} is locked is not known; reconcile writes down what is missing`],
    rollback: { from: noted.from, to, startedAt: noted.at / 1000 },
  });
  const healthy = await proveHealthy(moved, { plan, context, log: runner.logger.info });
  const back = await watchRestored(runner, given, actor, healthy);
  return described(plan, `An earlier attempt of this run saw: ${noted.reason}. ${back.summary}`, back);
}

/** The rollback of ours that holds production, by Vercel's own note. @throws VercelError. */
async function readNoted({ github, connection, settings, key }: Actor) {
  const [{ findNotedBack }, { readServed }, { openApps }, { placeOf }] = await Promise.all([
    import('#release/already-back'),
    import('#release/move-domains'),
    import('#release/open-apps'),
    import('#release/read-environment'),
  ]);
  const { environment } = settings;
  const project = await openApps({ connection, settings, github: undefined, wayBack: true });
  const state = await project.readState();
  const { deploymentId, mixed } = await readServed(project, placeOf(settings), state);
  const current = mixed ? undefined : deploymentId;
  return findNotedBack({ repository: github.repository, environment, key, current }, state);
}

const superseded = { decision: 'superseded', reasonCode: 'superseded' } as const;

function described(
  plan: WatchPlan,
  summary: string,
  back: Pick<TakenBack, 'decision' | 'reasonCode'> & Partial<TakenBack>,
  verdict: 'fail' | 'no-data' = 'fail',
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
    outputs: { verdict, requests: '', errors: '', link: '', chart: '' },
  };
}
