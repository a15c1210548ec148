import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { MoveOutcome, VercelProject } from '#vercel/project';
import { openLedger } from './ledger.ts';
import { closeLock, type LockOutcome, takeLock } from './lock.ts';
import { type EnvironmentPlace, moveAlias } from './move-domains.ts';
import type { RollbackTarget } from './release-handle.ts';

export interface RollBackDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
}

export interface RollBackRequest extends EnvironmentPlace {
  environment: string;
  production: boolean;
  /** Key of the run that takes the lock. */
  key: string;
  runId: number;
  runUrl?: string | undefined;
  /** A commit that GitHub knows, for the lock. */
  commit: string;
  /** Entry of the release that is taken back; 0 when it has none. */
  ledgerId: number;
  from?: string | undefined;
  target: RollbackTarget;
  reason: string;
  /** True when an earlier attempt of this run took the lock: where the domains are back already, it moved them. */
  finishing?: boolean;
  /** True when a release takes itself back: the lock of somebody else then ends it as superseded. */
  automatic: boolean;
  /** Original value of the project's auto-assign, restored at unlock. */
  autoAssign?: boolean | undefined;
  lockExpiryMs: number;
  /** Promote the target where the plan refuses rollbacks (402), FRB-04. */
  promoteInstead: boolean;
}

/** Times in milliseconds since the epoch. */
export interface RollBackOutcome {
  decision: 'rolled-back' | 'already-current' | 'superseded' | 'failed';
  reasonCode: string;
  message: string;
  from?: string;
  to: string;
  lockId?: number;
  /** Said where the lock or the ledger could not be written: GitHub did not answer. */
  warnings: string[];
  startedAt: number;
  lockedAt?: number;
  swappedAt?: number;
  /** Rollback or promote requests that Vercel accepted. */
  requests: number;
}

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
  const end = (rest: Omit<RollBackOutcome, 'to' | 'startedAt' | 'warnings'>): RollBackOutcome => ({
    ...(request.from === undefined ? {} : { from: request.from }),
    to: request.target.deploymentId,
    startedAt,
    warnings,
    ...rest,
  });

  const locking = settle(lockFor(deps, request));
  let lock = await within(clock, lockPatienceMs, locking);
  let lockedAt = isHeld(lock) ? clock.now() : undefined;
  if (isForeign(lock, request)) return await yieldTo(deps, lock, end);
  if (lock === undefined)
    log(`GitHub did not answer within ${lockPatienceMs / 1000} s: the domains move first, the lock follows`);
  else if ('error' in lock) log(`The lock could not be written (${messageOf(lock.error)}): the domains move first`);

  const intent = settle(
    openLedger(deps.github, request).record('rollback', 'intent', request.target.deploymentId, request.reason),
  );
  const moved = await swap(deps, request);
  const swappedAt = moved.outcome === 'moved' ? (moved.settledAt ?? clock.now()) : undefined;
  log(moved.message);

  if (lockedAt === undefined) {
    lock = await lockAfterwards(deps, request, locking);
    lockedAt = isHeld(lock) ? clock.now() : undefined;
    warnings.push(
      isHeld(lock)
        ? 'GitHub answered late: the domains moved before the lock was written'
        : `The environment is not locked: ${'error' in lock ? messageOf(lock.error) : 'the lock is held by somebody else'}. Lock it with: ops-actions lock --environment ${request.environment} --reason "rolled back"`,
    );
  }
  await keepAutoAssignOff(deps, request, moved, warnings);
  const outcome = end({
    ...judge(request, moved),
    requests: moved.requests,
    ...placed(lock, lockedAt),
    ...(swappedAt === undefined ? {} : { swappedAt }),
  });
  await intent;
  await recordOutcome(deps, request, outcome, warnings);
  return outcome;
}

type Settled<T> = { value: T } | { error: unknown };

async function settle<T>(promise: Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

/** Undefined when it takes longer. A timer left behind would hold the step, and the checks of the way back with it. */
async function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  const given = new AbortController();
  const late = clock.sleep(ms, given.signal).then(
    () => undefined,
    () => undefined,
  );
  const first = await Promise.race([promise, late]);
  given.abort();
  return first;
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
  { github }: RollBackDependencies,
  lock: { value: Extract<LockOutcome, { held: false }> },
  end: (rest: Omit<RollBackOutcome, 'to' | 'startedAt' | 'warnings'>) => RollBackOutcome,
): Promise<RollBackOutcome> {
  const { holder, own } = lock.value;
  await settle(closeLock(github, own, 'yielded', `to ${holder.id}`));
  return end({
    decision: 'superseded',
    reasonCode: 'superseded',
    message: `Another rollback (${holder.reason}, run ${holder.runId ?? 'unknown'}) holds the lock and moves the domains; nothing was done here.`,
    requests: 0,
  });
}

async function swap(deps: RollBackDependencies, request: RollBackRequest): Promise<MoveOutcome> {
  const { project, clock, log } = deps;
  const { deploymentId } = request.target;
  const requestedAt = clock.now();
  const orFailed = (error: unknown) => failed(error, requestedAt);
  if (request.as !== 'production') {
    return await moveAlias(project, request, deploymentId, () => clock.now()).catch(orFailed);
  }
  const moved = await project.rollBack(deploymentId, { description: request.reason.slice(0, 250) }).catch(orFailed);
  if (moved.outcome !== 'failed' || moved.reasonCode !== 'vercel_plan' || !request.promoteInstead) return moved;
  log('The plan refuses rollbacks; the target is promoted instead, as the configuration says (FRB-04)');
  return await project.promote(deploymentId, {}).catch(orFailed);
}

function failed(error: unknown, requestedAt: number): MoveOutcome {
  return {
    outcome: 'failed',
    reasonCode: reasonCodeOf(error) ?? 'rollback_failed',
    message: messageOf(error),
    requestedAt,
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
  moved: MoveOutcome,
): Pick<RollBackOutcome, 'decision' | 'reasonCode' | 'message'> {
  const { outcome, reasonCode, message } = moved;
  const { environment, target } = request;
  if (outcome === 'moved') return { decision: 'rolled-back', reasonCode: 'rolled_back', message };
  if (outcome === 'already-current' && request.finishing === true) {
    const done = `${environment} serves ${target.deploymentId}: an earlier attempt of this run had moved the domains.`;
    return { decision: 'rolled-back', reasonCode: 'rolled_back', message: done };
  }
  if (outcome === 'already-current') return { decision: 'already-current', reasonCode, message };
  const deleted = reasonCode === 'target_gone' || reasonCode === 'vercel_not_found';
  const next = deleted
    ? `Next, at once: ops-actions releases --environment ${environment}, then ops-actions rollback --environment ${environment} --target <one of them>`
    : `Next, at once: vercel rollback ${target.deploymentId}, or in the Vercel dashboard Deployments > ... > Instant Rollback`;
  return {
    decision: 'failed',
    reasonCode: deleted ? 'rollback_target_deleted' : reasonCode,
    message: `${message} ${next}`,
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

function reasonCodeOf(error: unknown): string | undefined {
  const code = (error as { reasonCode?: unknown } | null)?.reasonCode;
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
