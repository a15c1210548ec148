import type { LockPlan } from './decide-reconcile.ts';
import { settleEnvironment } from './finish-release.ts';
import { type Finished, withFunctionsSaid } from './finished.ts';
import { yieldToLaterMove } from './later-move.ts';
import { closeLock, defaultLockExpiryMs, readOpenLocks } from './lock.ts';
import { nameOf } from './name-of-target.ts';
import { placeOf } from './read-environment.ts';
import type { ReconcileDependencies, ReconcileRequest } from './reconcile.ts';
import type { RollbackTarget } from './release-handle.ts';
import { type RollBackOutcome, rollBack } from './roll-back.ts';
import type { FunctionsBack } from './take-functions-back.ts';

/** What was done about one lock: a sentence, or, where it had promised a rollback, the end of that. */
export type FinishedLock = { said: string } | { finished: Finished };

/**
 * Closes a lock that holds nothing any more, or carries out the rollback it promised unless somebody moved production since.
 * @throws GitHubError, VercelError.
 */
export async function finishLock(
  deps: ReconcileDependencies,
  { settings }: ReconcileRequest,
  plan: LockPlan,
  warnings: string[],
): Promise<FinishedLock | undefined> {
  const { lock } = plan;
  if (plan.do === 'close') {
    await closeLock(deps.github, lock, plan.word, plan.text);
    return { said: `The lock "${lock.reason}" was closed: ${plan.word} ${plan.text}`.trim() };
  }
  if (lock.target === undefined) return undefined;
  const { environment, production } = settings;
  const place = placeOf(settings);
  const open = await readOpenLocks(deps.github, environment);
  const later = await yieldToLaterMove(deps, place, { own: lock, open });
  if (later !== undefined) return { said: later };
  const { sha } = await deps.github.commit('HEAD');
  let functions: FunctionsBack | undefined;
  const back = await rollBack(deps, {
    ...place,
    environment,
    production,
    key: lock.key,
    runId: lock.runId ?? 0,
    runUrl: lock.runUrl,
    commit: sha,
    ledgerId: 0,
    from: lock.from,
    target: { ...lock.target, adopted: true },
    reason: lock.reason,
    automatic: false,
    finishing: true,
    autoAssign: lock.autoAssign,
    lockExpiryMs: settings.release.lockExpiryMs ?? defaultLockExpiryMs,
    promoteInstead: settings.vercel.rollbackFallback !== 'none',
    beside: lock.appOnly
      ? undefined
      : async (target: RollbackTarget) => {
          functions = await deps.functions?.({ environment, target });
        },
  });
  warnings.push(...back.warnings);
  const names = [lock.target, back.target, ...(lock.from === undefined ? [] : [{ deploymentId: lock.from }])];
  const handle = { ...place, environment, autoAssign: lock.autoAssign ?? false };
  const closing = await settleEnvironment(deps, handle, { moved: false, names });
  warnings.push(...closing.warnings);
  const what = `The rollback "${lock.reason}", whose run had ended, was brought to its end: ${back.message}`;
  const finished: Finished = {
    key: lock.key,
    environment,
    production,
    version: lock.from ?? nameOf(lock.target),
    commit: sha,
    ...endOf(back),
    what: withFunctionsSaid(what, functions),
    closing,
    functions,
    rollbackTarget: lock.target,
    openedAt: lock.createdAt,
    runId: lock.runId ?? 0,
    facts: [],
  };
  return { finished };
}

function endOf(back: RollBackOutcome): Pick<Finished, 'decision' | 'reasonCode'> {
  return back.decision === 'failed'
    ? { decision: 'rollback-failed', reasonCode: back.reasonCode }
    : { decision: 'rolled-back', reasonCode: 'job_lost' };
}
