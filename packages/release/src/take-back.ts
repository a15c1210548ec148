import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import {
  decideRollbackNeeded,
  mustAskWhatIsServed,
  type RollbackDecision,
  type RollbackFacts,
} from './decide-rollback-needed.ts';
import { giveWay } from './give-way.ts';
import { guardOwn } from './guard-target.ts';
import { findOwn, openLedger } from './ledger.ts';
import { foreignLock, type Lock, readOpenLocks, takeLock } from './lock.ts';
import { findNextTarget } from './next-target.ts';
import { readServing } from './read-serving.ts';
import { type HeldBack, refuseCrossing } from './refuse-crossing.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { type RollBackOutcome, type RollBackRequest, rollBack } from './roll-back.ts';

export interface TakeBackDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
}

export interface TakeBackRequest {
  handle: ReleaseHandle;
  deploymentId: string;
  /** Outcomes of the steps before; what Vercel and GitHub add is read here. */
  outcomes: Omit<RollbackFacts, 'serving' | 'foreignLock' | 'hasTarget' | 'hasRelease' | 'mode'>;
  /** Where the next proven target is looked for when the recorded one is gone. */
  settings: EnvironmentSettings;
  lockExpiryMs: number;
  promoteInstead: boolean;
  /** As in RollBackRequest. */
  beside?: RollBackRequest['beside'];
}

export type TakeBackOutcome =
  | { act: 'not-needed'; reasonCode: string; message: string; warnings: string[] }
  | { act: 'hold'; reasonCode: string; message: string; lockId?: number; warnings: string[] }
  | { act: 'roll-back'; reasonCode: string; reason: string; rollback: RollBackOutcome };

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
  const { handle } = request;
  const locks = await readOpenLocks(deps.github, handle.environment);
  const own = locks.find((lock) => lock.key === handle.key && lock.target !== undefined);
  if (own?.target === undefined) {
    const left = await leftUnproven(deps, request);
    if (left === undefined)
      return { act: 'not-needed', reasonCode: 'not_promoted', message: 'production was not touched', warnings: [] };
    const promote = { outcome: 'failure' as const, decision: '' };
    return await decideAndAct(deps, { ...request, deploymentId: left, outcomes: { ...request.outcomes, promote } }, []);
  }
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
  });
  const reason = `${own.reason} (an earlier attempt of this run began it)`;
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

/** Nothing is moved: the environment is locked, the entry says that nobody proved it. */
async function hold(
  { github, project }: TakeBackDependencies,
  request: TakeBackRequest,
  decision: HeldBack,
  warnings: string[],
): Promise<TakeBackOutcome> {
  const { handle } = request;
  const { reasonCode, reason } = decision;
  let lockId: number | undefined;
  try {
    const lock = await takeLock(github, {
      schemaVersion: 1,
      environment: handle.environment,
      production: handle.production,
      ref: handle.commit,
      key: handle.key,
      reason,
      runId: handle.runId,
      ...(handle.runUrl === undefined ? {} : { runUrl: handle.runUrl }),
      from: request.deploymentId,
      autoAssign: handle.autoAssign,
      expiresAfterMs: request.lockExpiryMs,
    });
    lockId = lock.held ? lock.lock.id : lock.own.id;
    await openLedger(github, handle).record('watch', 'outcome', 'unwatched', reason);
  } catch (error) {
    warnings.push(`The environment could not be locked: ${(error as Error).message}`);
  }
  if (lockId !== undefined && handle.as === 'production') await keepAutoAssignOff(project, warnings);
  const message = `${reason}. Nothing was moved${lockId === undefined ? '' : '; the environment is locked'}: a person decides.${decision.next === undefined ? '' : ` ${decision.next}`}`;
  return { act: 'hold', reasonCode, message, warnings, ...(lockId === undefined ? {} : { lockId }) };
}

/** While the lock holds no push goes live by itself (S2); the lock carries the original value for its unlock. */
async function keepAutoAssignOff(project: VercelProject, warnings: string[]): Promise<void> {
  try {
    const { autoAssign } = await project.readState();
    if (autoAssign !== false) await project.setAutoAssign(false);
  } catch (error) {
    warnings.push(`Auto-assignment of production domains may be on: ${(error as Error).message}`);
  }
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
  });
}
