import type { GitHub } from '#github/client';
import { messageOf } from '#http/error-reason';
import type { MoveOutcome } from '#vercel/project';
import { commandOn } from './command-line.ts';
import { openLedger, recordApps } from './ledger.ts';
import { closeLock, type LockOutcome, takeLock } from './lock.ts';
import { nameOf } from './name-of-target.ts';
import { nextByHand } from './next-by-hand.ts';
import { isPassing, isPassingError } from './passing-failure.ts';
import { type Settled, settle, within } from './patience.ts';
import type { RollBackDependencies, RollBackOutcome, RollBackRequest } from './roll-back-types.ts';
import { writeMove } from './rollback-move.ts';
import { isUnusable, type SwappedBack, swapBack } from './swap-back.ts';

export type * from './roll-back-types.ts';

type Ending = Omit<RollBackOutcome, 'to' | 'target' | 'passedOver' | 'startedAt' | 'warnings'>;

/** How long a message about the swap may take once the domains are back; then its outcome is unknown. */
const announcePatienceMs = 1_000;

/** How long GitHub may take before the swap goes first and the lock follows (S1). */
export const lockPatienceMs = 5_000;

/** The domains are back already: a GitHub that is down for some seconds is waited for, so that nothing undoes that (I4). */
const lateLockTries = 3;
const lateLockPauseMs = 2_000;

/** How long a run that finds the lock of another run of the same release leaves the domains to that one. */
const leadMs = 5_000;

/**
 * The only mover back (S1, S2): lock, swap with proof of what is served, auto-assign off while the lock holds, ledger.
 * Never throws for what GitHub or Vercel refuse: the outcome says it. At most one request is accepted by Vercel.
 */
export async function rollBack(deps: RollBackDependencies, request: RollBackRequest): Promise<RollBackOutcome> {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const warnings: string[] = [];
  const end = (swapped: Pick<SwappedBack, 'target' | 'passedOver'>, rest: Ending): RollBackOutcome => ({
    ...(request.from === undefined ? {} : { from: request.from }),
    to: swapped.target.deploymentId,
    target: swapped.target,
    passedOver: swapped.passedOver,
    startedAt,
    warnings,
    ...rest,
  });

  const locking = settle(lockFor(deps, request));
  let lock = await within(clock, lockPatienceMs, locking);
  let lockedAt = isHeld(lock) ? clock.now() : undefined;
  if (isForeign(lock, request)) return end({ target: request.target, passedOver: [] }, await yieldTo(deps, lock));
  if (lock === undefined)
    log(`GitHub did not answer within ${lockPatienceMs / 1000} s: the domains move first, the lock follows`);
  else if ('error' in lock) log(`The lock could not be written (${messageOf(lock.error)}): the domains move first`);

  if (isFollowed(lock, request)) {
    log(`Run ${lock.value.lock.runId} takes this release back, too: its request goes first`);
    await clock.sleep(leadMs);
  }
  const intent = settle(recordIntent(deps, request));
  const beside = request.beside?.(request.target);
  // The domains may be back already: only what comes of it is told then.
  const announcing = request.finishing === true ? undefined : request.announce?.(request.target, request.from);
  const swapped = await swapBack(deps, request, () => lock, warnings);
  const { moved, target: reached } = swapped;
  if (request.automatic && reached.unjudged !== undefined)
    warnings.push(`${nameOf(reached)} was ${reached.unjudged}; it is taken because no proven one is known`);
  const swappedAt = moved.outcome === 'moved' ? (moved.settledAt ?? clock.now()) : undefined;
  log(moved.message);

  if (lockedAt === undefined) {
    lock = await lockAfterwards(deps, { ...request, target: swapped.target }, locking);
    lockedAt = isHeld(lock) ? clock.now() : undefined;
    warnings.push(
      isHeld(lock)
        ? 'GitHub answered late: the domains moved before the lock was written'
        : `The environment is not locked: ${'error' in lock ? messageOf(lock.error) : 'the lock is held by somebody else'}. Lock it with: ${lockCommand(request)}`,
    );
  }
  await keepAutoAssignOff(deps, request, moved, warnings);
  const judged = judge(request, swapped);
  const isUnrecorded = judged.decision === 'rolled-back' && lockedAt === undefined && !swapped.leavesNote;
  const outcome = end(swapped, {
    ...judged,
    ...(isUnrecorded ? { unrecorded: unrecorded(request) } : {}),
    requests: moved.requests,
    ...(moved.apps && { apps: moved.apps }),
    ...placed(lock, lockedAt),
    ...(swappedAt === undefined ? {} : { swappedAt }),
  });
  await intent;
  await beside;
  if (swapped.target.deploymentId !== request.target.deploymentId) await request.beside?.(swapped.target);
  await recordOutcome(deps, request, outcome, warnings);
  const announced = announcing && (await within(clock, announcePatienceMs, announcing));
  return announced === undefined ? outcome : { ...outcome, announced };
}

function lockCommand(request: RollBackRequest): string {
  return commandOn(request, 'lock', { reason: 'rolled back' });
}

function unrecorded(request: RollBackRequest): string {
  return `Neither GitHub nor Vercel has a note of this rollback, and reconcile will not know of it. As soon as GitHub answers: ${lockCommand(request)}`;
}

async function recordIntent({ github }: RollBackDependencies, request: RollBackRequest): Promise<void> {
  const { target, reason } = request;
  const ledger = openLedger(github, request);
  await ledger.record('rollback', 'intent', target.deploymentId, reason);
  for (const [name, id] of Object.entries(target.apps ?? {})) await ledger.record('rollback-app', 'intent', id, name);
}

function lockFor({ github }: RollBackDependencies, request: RollBackRequest): Promise<LockOutcome> {
  const { target } = request;
  return takeLock(github, {
    schemaVersion: 1,
    environment: request.environment,
    production: request.production,
    ref: request.commit,
    key: request.key,
    reason: request.reason,
    runId: request.runId,
    ...(request.runUrl === undefined ? {} : { runUrl: request.runUrl }),
    target: {
      deploymentId: target.deploymentId,
      ...(target.version === undefined ? {} : { version: target.version }),
      ...(target.apps === undefined ? {} : { apps: target.apps }),
    },
    ...(request.from === undefined ? {} : { from: request.from }),
    ...(request.autoAssign === undefined ? {} : { autoAssign: request.autoAssign }),
    ...(request.beside === undefined ? { appOnly: true } : {}),
    expiresAfterMs: request.lockExpiryMs,
  });
}

function isHeld(lock: Settled<LockOutcome> | undefined): lock is { value: LockOutcome } {
  return lock !== undefined && 'value' in lock;
}

/** Two runs judged one release and hold its lock together: what the first one sent is seen before the second one sends. */
function isFollowed(
  lock: Settled<LockOutcome> | undefined,
  { automatic, finishing, runId }: RollBackRequest,
): lock is { value: Extract<LockOutcome, { held: true }> } {
  if (!automatic || finishing || !isHeld(lock) || !lock.value.held) return false;
  const { runId: first } = lock.value.lock;
  return first !== undefined && first !== runId;
}

/** Only a release that takes itself back yields; what a person asks for is done whoever was first. */
function isForeign(
  lock: Settled<LockOutcome> | undefined,
  request: RollBackRequest,
): lock is { value: Extract<LockOutcome, { held: false }> } {
  return isHeld(lock) && !lock.value.held && request.automatic;
}

async function yieldTo(
  { github }: { github: GitHub },
  lock: { value: Extract<LockOutcome, { held: false }> },
): Promise<Ending> {
  const { holder, own } = lock.value;
  await settle(closeLock(github, own, 'yielded', `to ${holder.id}`));
  return {
    decision: 'superseded',
    reasonCode: 'superseded',
    message: `Another rollback (${holder.reason}, run ${holder.runId ?? 'unknown'}) holds the lock and moves the domains; nothing was done here.`,
    requests: 0,
  };
}

async function lockAfterwards(
  deps: RollBackDependencies,
  request: RollBackRequest,
  first: Promise<Settled<LockOutcome>>,
): Promise<Settled<LockOutcome>> {
  let lock = await first;
  for (let left = lateLockTries; !isHeld(lock) && left > 0; left -= 1) {
    if (left < lateLockTries) {
      if (!isPassingError(lock.error)) break;
      await deps.clock.sleep(lateLockPauseMs);
    }
    lock = await settle(lockFor(deps, request));
  }
  return lock;
}

/** Vercel switches auto-assign off after a rollback and on after a promotion (traps 1, 2); while the lock holds it is off. */
async function keepAutoAssignOff(
  { project }: RollBackDependencies,
  request: RollBackRequest,
  moved: MoveOutcome,
  warnings: string[],
): Promise<void> {
  if (request.as !== 'production' || moved.outcome === 'failed') return;
  const off = await settle(
    (async () => {
      const { autoAssign } = await project.readState();
      if (autoAssign !== false) await project.setAutoAssign(false);
    })(),
  );
  if ('error' in off) warnings.push(`Auto-assignment of production domains may be on: ${messageOf(off.error)}`);
}

function judge(
  request: RollBackRequest,
  { moved, target }: SwappedBack,
): Pick<RollBackOutcome, 'decision' | 'reasonCode' | 'message'> {
  const { outcome, reasonCode, message } = moved;
  const { environment } = request;
  if (outcome === 'moved') return { decision: 'rolled-back', reasonCode: 'rolled_back', message };
  if (outcome === 'already-current' && request.finishing === true) {
    const done = `${environment} serves ${target.deploymentId}: an earlier attempt of this run had moved the domains.`;
    return { decision: 'rolled-back', reasonCode: 'rolled_back', message: done };
  }
  if (outcome === 'already-current') return { decision: 'already-current', reasonCode, message };
  if (!isUnusable(moved)) {
    const next = nextByHand(request, moved, target.deploymentId);
    const later = isPassing(reasonCode) ? `; ${triedAgain}` : '';
    return { decision: 'failed', reasonCode, message: `${message} ${next}${later}` };
  }
  const others =
    request.alternatives ??
    (request.nextTarget === undefined ? '' : 'No other proven deployment is left to go back to.');
  const rollback = commandOn(request, 'rollback', { target: '<one of them>' });
  const next = `Next, at once: ${commandOn(request, 'releases')}, then ${rollback}`;
  return {
    decision: 'failed',
    reasonCode:
      reasonCode === 'target_gone' || reasonCode === 'vercel_not_found' ? 'rollback_target_deleted' : reasonCode,
    message: [message, others, next].filter((part) => part !== '').join(' '),
  };
}

/** See decide-reconcile.ts. */
const triedAgain = 'until it is unlocked, reconcile tries it again within the next hour';

function placed(
  lock: Settled<LockOutcome> | undefined,
  lockedAt: number | undefined,
): Pick<RollBackOutcome, 'lockId' | 'lockedAt'> {
  if (!isHeld(lock) || lockedAt === undefined) return {};
  return { lockId: lock.value.held ? lock.value.lock.id : lock.value.own.id, lockedAt };
}

async function recordOutcome(
  { github }: RollBackDependencies,
  request: RollBackRequest,
  outcome: RollBackOutcome,
  warnings: string[],
): Promise<void> {
  const word = outcome.decision;
  const text = writeMove(outcome);
  const entries = [request.ledgerId, outcome.lockId ?? 0].filter((id) => id !== 0);
  for (const ledgerId of entries) {
    const ledger = openLedger(github, { ledgerId });
    const written = await settle(
      recordApps(ledger, 'rollback-app', outcome.apps).then(() => ledger.record('rollback', 'outcome', word, text)),
    );
    if ('error' in written) warnings.push(`The ledger could not be written: ${messageOf(written.error)}`);
  }
}
