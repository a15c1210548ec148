import { messageOf } from '#http/error-reason';
import {
  decideRollbackNeeded,
  mustAskWhatIsServed,
  type RollbackDecision,
  type RollbackFacts,
} from './decide-rollback-needed.ts';
import { giveWay } from './give-way.ts';
import { guardOwn } from './guard-target.ts';
import { hold } from './hold-release.ts';
import { yieldToLaterMove } from './later-move.ts';
import { findOwn } from './ledger.ts';
import { foreignLock, type Lock, readOpenLocks } from './lock.ts';
import { findNextTarget } from './next-target.ts';
import { settle } from './patience.ts';
import { readServing } from './read-serving.ts';
import { refuseCrossing } from './refuse-crossing.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { type RollBackOutcome, type RollBackRequest, rollBack } from './roll-back.ts';
import type { TakeBackDependencies, TakeBackOutcome, TakeBackRequest } from './take-back-types.ts';

/** What a release does about itself at its end: nothing, lock and tell, or one rollback. Decides from recorded state only. */
export async function takeBack(deps: TakeBackDependencies, request: TakeBackRequest): Promise<TakeBackOutcome> {
  const { outcomes } = request;
  if (outcomes.promote.outcome === '' || outcomes.promote.outcome === 'skipped')
    return await finishEarlier(deps, request);
  return await decideAndAct(deps, request, []);
}

async function decideAndAct(
  deps: TakeBackDependencies,
  request: TakeBackRequest,
  warnings: string[],
): Promise<TakeBackOutcome> {
  const { handle, outcomes } = request;
  const base = { ...outcomes, hasRelease: true, mode: handle.mode, hasTarget: handle.rollbackTarget !== undefined };
  const ask = mustAskWhatIsServed(base);
  const serving = ask ? await askServing(deps, request, warnings) : 'new';
  const first = decideRollbackNeeded({ ...base, serving, foreignLock: false });
  if (first.act === 'not-needed' && first.reasonCode !== 'superseded') {
    return { act: 'not-needed', reasonCode: first.reasonCode, message: first.reason, warnings };
  }
  // Not in the way of the swap: where GitHub is silent the lock itself tells, or comes later (S1).
  const lock = await askLock(deps, handle, warnings);
  const decision = decideRollbackNeeded({ ...base, serving, foreignLock: lock !== undefined });
  if (decision.act === 'not-needed' && serving === 'other' && lock === undefined) {
    const finished = await settle(finishOwn(deps, request, 'another run of its watch began it'));
    if ('error' in finished) warnings.push(`The lock could not be read: ${messageOf(finished.error)}`);
    else if (finished.value !== undefined) return finished.value;
  }
  if (decision.act === 'not-needed') return await stayAway(deps, request, decision, lock, warnings);
  if (decision.act === 'hold') return await hold(deps, request, decision, warnings);
  const { reasonCode, reason } = decision;
  const guard = await guardOwn(deps, handle, request.deploymentId);
  const stops = refuseCrossing(guard, decision, handle);
  if (stops !== undefined) return await hold(deps, request, stops, warnings);
  const rollback = await goBack(deps, request, decision);
  if (guard.verdict === 'unknown') rollback.warnings.push(`Schema unknown: ${guard.reason}`);
  return { act: 'roll-back', reasonCode, reason, rollback };
}

/**
 * This attempt promoted nothing; an earlier one may have taken the lock and died before everything was back and told, or it
 * may have promoted and died before there was a verdict.
 */
async function finishEarlier(deps: TakeBackDependencies, request: TakeBackRequest): Promise<TakeBackOutcome> {
  const finished = await finishOwn(deps, request, 'an earlier attempt of this run began it');
  if (finished !== undefined) return finished;
  const left = await leftUnproven(deps, request);
  if (left === undefined)
    return { act: 'not-needed', reasonCode: 'not_promoted', message: 'production was not touched', warnings: [] };
  const promote = { outcome: 'failure' as const, decision: '' };
  return await decideAndAct(deps, { ...request, deploymentId: left, outcomes: { ...request.outcomes, promote } }, []);
}

/**
 * Brings the way back to its end that the lock of this very release promises, unless somebody moved production after it; undefined
 * where there is none.
 */
async function finishOwn(
  deps: TakeBackDependencies,
  request: TakeBackRequest,
  began: string,
): Promise<TakeBackOutcome | undefined> {
  const { handle } = request;
  const locks = await readOpenLocks(deps.github, handle.environment);
  const own = locks.find((lock) => lock.key === handle.key && lock.target !== undefined);
  if (own?.target === undefined) return undefined;
  const message = await yieldToLaterMove(deps, handle, { own, open: locks });
  if (message !== undefined) return { act: 'not-needed', reasonCode: 'superseded', message, warnings: [] };
  const target = { ...own.target, adopted: handle.rollbackTarget?.adopted ?? true };
  const rollback = await rollBack(deps, {
    ...handle,
    from: own.from,
    target,
    reason: own.reason,
    automatic: true,
    nextTarget: nextTargetFor(deps, request, own.from),
    finishing: true,
    lockExpiryMs: request.lockExpiryMs,
    promoteInstead: request.promoteInstead,
    beside: request.beside,
    announce: announcing(request, own.reason),
  });
  const reason = `${own.reason} (${began})`;
  return { act: 'roll-back', reasonCode: 'unfinished', reason, rollback };
}

/** What was recorded may have been deleted since; the release itself is never its own way back. */
function nextTargetFor(deps: TakeBackDependencies, { settings }: TakeBackRequest, from: string | undefined) {
  return (passed: readonly string[]) => findNextTarget(deps, settings, from === undefined ? passed : [...passed, from]);
}

/** What an earlier attempt brought or may have brought to production, where its entry was never closed: nobody proved it. */
async function leftUnproven(
  { github, log }: TakeBackDependencies,
  { handle, deploymentId }: TakeBackRequest,
): Promise<string | undefined> {
  if (handle.ledgerId === 0) return undefined;
  const record = await findOwn(github, { environment: handle.environment, payload: handle }).catch((error: Error) => {
    log(`The record of earlier attempts could not be read: ${error.message}`);
  });
  if (record === undefined || record.promotion === 'none' || record.decision !== undefined || record.rolledBack)
    return undefined;
  return deploymentId === '' ? record.deploymentId : deploymentId;
}

async function askServing(
  deps: TakeBackDependencies,
  { handle, deploymentId }: TakeBackRequest,
  warnings: string[],
): Promise<RollbackFacts['serving']> {
  try {
    return await readServing(deps, handle, deploymentId);
  } catch (error) {
    warnings.push(`Vercel does not say what is served: ${(error as Error).message}`);
    return 'unknown';
  }
}

/** How long the lock of somebody else is asked for before the way back goes on without knowing. */
const lockPatienceMs = 3_000;

async function askLock(
  deps: TakeBackDependencies,
  handle: ReleaseHandle,
  warnings: string[],
): Promise<Lock | undefined> {
  const given = new AbortController();
  const patience = deps.clock.sleep(lockPatienceMs, given.signal).then(
    () => 'late' as const,
    () => 'late' as const,
  );
  const asked = foreignLock(deps.github, handle).then(
    (lock) => ({ lock }),
    (error: Error) => ({ error }),
  );
  const answer = await Promise.race([asked, patience]);
  given.abort();
  if (answer !== 'late' && 'lock' in answer) return answer.lock;
  warnings.push(`The lock could not be read: ${answer === 'late' ? 'GitHub does not answer' : answer.error.message}`);
  return undefined;
}

async function stayAway(
  deps: TakeBackDependencies,
  { handle, deploymentId }: TakeBackRequest,
  decision: RollbackDecision,
  lock: Lock | undefined,
  warnings: string[],
): Promise<TakeBackOutcome> {
  const message = lock === undefined ? decision.reason : await giveWay(deps, { ...handle, deploymentId, lock });
  return { act: 'not-needed', reasonCode: decision.reasonCode, message, warnings };
}

async function goBack(
  deps: TakeBackDependencies,
  request: TakeBackRequest,
  decision: RollbackDecision,
): Promise<RollBackOutcome> {
  const { handle, deploymentId } = request;
  const target = handle.rollbackTarget;
  if (target === undefined) throw new Error('a rollback was decided without a target');
  return await rollBack(deps, {
    ...handle,
    from: deploymentId,
    target,
    reason: `${handle.version}: ${decision.reason}`,
    automatic: true,
    nextTarget: nextTargetFor(deps, request, deploymentId),
    lockExpiryMs: request.lockExpiryMs,
    promoteInstead: request.promoteInstead,
    beside: request.beside,
    announce: announcing(request, decision.reason),
  });
}

function announcing({ announce }: TakeBackRequest, reason: string): RollBackRequest['announce'] {
  return announce && ((target) => announce(target, reason));
}
