import type { GitHub } from '#github/client';
import type { MoveOutcome } from '#vercel/project';
import { commandOn } from './command-line.ts';
import { openLedger } from './ledger.ts';
import { closeLock, type LockOutcome, takeLock } from './lock.ts';
import { messageOf, type Settled, settle, within } from './patience.ts';
import type { RollBackDependencies, RollBackOutcome, RollBackRequest } from './roll-back-types.ts';
import { isUnusable, type SwappedBack, swapBack } from './swap-back.ts';

export type * from './roll-back-types.ts';

type Ending = Omit<RollBackOutcome, 'to' | 'target' | 'passedOver' | 'startedAt' | 'warnings'>;

/** How long GitHub may take before the swap goes first and the lock follows (S1). */
export const lockPatienceMs = 5_000;

/**
 * The only mover back (S1, S2): lock, swap with proof of what is served, auto-assign off while the lock holds, ledger.
 * Never throws for what GitHub or Vercel refuse: the outcome says it. At most one request is accepted by Vercel.
 */
export async function rollBack(deps: RollBackDependencies, request: RollBackRequest): Promise<RollBackOutcome> {
  const { clock, log } = deps;
  const startedAt = clock.now();
  const warnings: string[] = [];
  const end = (swapped: Omit<SwappedBack, 'moved'>, rest: Ending): RollBackOutcome => ({
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

  const intent = settle(
    openLedger(deps.github, request).record('rollback', 'intent', request.target.deploymentId, request.reason),
  );
  const beside = request.beside?.(request.target);
  const swapped = await swapBack(deps, request, () => lock, warnings);
  const { moved } = swapped;
  const swappedAt = moved.outcome === 'moved' ? (moved.settledAt ?? clock.now()) : undefined;
  log(moved.message);

  if (lockedAt === undefined) {
    lock = await lockAfterwards(deps, { ...request, target: swapped.target }, locking);
    lockedAt = isHeld(lock) ? clock.now() : undefined;
    warnings.push(
      isHeld(lock)
        ? 'GitHub answered late: the domains moved before the lock was written'
        : `The environment is not locked: ${'error' in lock ? messageOf(lock.error) : 'the lock is held by somebody else'}. Lock it with: ${commandOn(request, 'lock', { reason: 'rolled back' })}`,
    );
  }
  await keepAutoAssignOff(deps, request, moved, warnings);
  const outcome = end(swapped, {
    ...judge(request, swapped),
    requests: moved.requests,
    ...placed(lock, lockedAt),
    ...(swappedAt === undefined ? {} : { swappedAt }),
  });
  await intent;
  await beside;
  if (swapped.target.deploymentId !== request.target.deploymentId) await request.beside?.(swapped.target);
  await recordOutcome(deps, request, outcome, warnings);
  return outcome;
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
  const lock = await first;
  return isHeld(lock) ? lock : await settle(lockFor(deps, request));
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
    const next = `Next, at once: vercel rollback ${target.deploymentId}, or in the Vercel dashboard Deployments > ... > Instant Rollback`;
    return { decision: 'failed', reasonCode, message: `${message} ${next}` };
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
  const text = `${outcome.from ?? 'unknown'} -> ${outcome.to} ${outcome.reasonCode}`;
  const entries = [request.ledgerId, outcome.lockId ?? 0].filter((id) => id !== 0);
  for (const ledgerId of entries) {
    const written = await settle(openLedger(github, { ledgerId }).record('rollback', 'outcome', word, text));
    if ('error' in written) warnings.push(`The ledger could not be written: ${messageOf(written.error)}`);
  }
}
