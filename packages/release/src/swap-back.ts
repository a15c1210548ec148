import { messageOf, reasonCodeOf } from '#http/error-reason';
import type { MoveOutcome } from '#vercel/project';
import { openLedger } from './ledger.ts';
import { type LockOutcome, renameTarget } from './lock.ts';
import { moveAlias } from './move-domains.ts';
import { nameOf } from './name-of-target.ts';
import { needsAnotherTarget } from './next-by-hand.ts';
import { type Settled, settle, within } from './patience.ts';
import type { RollbackTarget } from './release-handle.ts';
import type { PassedOver, RollBackDependencies, RollBackRequest } from './roll-back-types.ts';
import { formatRollbackNote } from './rollback-note.ts';

/** Targets that are tried; whoever deleted more than these did not mean to keep a way back. */
const tries = 5;

export function isUnusable(moved: MoveOutcome): boolean {
  return moved.outcome === 'failed' && moved.requests === 0 && needsAnotherTarget(moved);
}

export interface SwappedBack {
  moved: MoveOutcome;
  target: RollbackTarget;
  passedOver: PassedOver[];
  /** Vercel keeps a note of it, which `reconcile` reads; beside a promotion and an alias there is none. */
  leavesNote: boolean;
}

/**
 * Moves the domains to the target, or to the next proven one where it was deleted or became ineligible meanwhile: said in
 * log and warnings, and written to lock and ledger before anything is sent for it. One accepted request at most.
 */
export async function swapBack(
  deps: RollBackDependencies,
  request: RollBackRequest,
  lock: () => Settled<LockOutcome> | undefined,
  warnings: string[],
): Promise<SwappedBack> {
  const { clock, log } = deps;
  const passedOver: PassedOver[] = [];
  let { target } = request;
  for (;;) {
    const swapped = await swap(deps, request, target);
    const { moved } = swapped;
    if (!isUnusable(moved) || request.nextTarget === undefined || passedOver.length + 1 >= tries)
      return { ...swapped, target, passedOver };
    const { deploymentId, version } = target;
    const { reasonCode, message } = moved;
    const passed = [...passedOver.map((entry) => entry.deploymentId), deploymentId];
    const found = await settle(request.nextTarget(passed));
    if ('error' in found) {
      warnings.push(`No other target could be looked for: ${messageOf(found.error)}`);
      return { ...swapped, target, passedOver };
    }
    if (found.value === undefined) return { ...swapped, target, passedOver };
    passedOver.push({ deploymentId, version, reasonCode, message });
    const next = found.value;
    const said = `${nameOf(target)} cannot be gone back to any more (${reasonCode}): ${nameOf(next)}, the next proven one, is taken instead`;
    log(said);
    warnings.push(said);
    target = next;
    // Whoever reads the lock puts back what it names; a silent GitHub must not hold the swap (S1).
    await within(clock, 5_000, settle(writeDown(deps, request, next, { instead: deploymentId, reasonCode }, lock())));
  }
}

async function writeDown(
  { github }: RollBackDependencies,
  request: RollBackRequest,
  next: RollbackTarget,
  { instead, reasonCode }: { instead: string; reasonCode: string },
  lock: Settled<LockOutcome> | undefined,
): Promise<void> {
  if (lock !== undefined && 'value' in lock) {
    const { value } = lock;
    await renameTarget(github, value.held ? value.lock : value.own, next);
  }
  const text = `instead of ${instead}: ${reasonCode}`;
  await openLedger(github, request).record('target', 'outcome', next.deploymentId, text);
}

async function swap(
  deps: RollBackDependencies,
  request: RollBackRequest,
  target: RollbackTarget,
): Promise<Pick<SwappedBack, 'moved' | 'leavesNote'>> {
  const { project, clock, log } = deps;
  const { deploymentId, apps } = target;
  const recorded = apps === undefined ? {} : { apps };
  const requestedAt = clock.now();
  const orFailed = (error: unknown) => failed(error, requestedAt);
  if (request.as !== 'production') {
    const moved = await moveAlias(project, request, deploymentId, () => clock.now()).catch(orFailed);
    return { moved, leavesNote: false };
  }
  const description = formatRollbackNote(request);
  const moved = await project.rollBack(deploymentId, { description, ...recorded }).catch(orFailed);
  if (moved.outcome !== 'failed' || moved.reasonCode !== 'vercel_plan' || !request.promoteInstead)
    return { moved, leavesNote: true };
  log(`The plan refuses this rollback (402); ${nameOf(target)} is promoted instead (FRB-04)`);
  const instead = await project.promote(deploymentId, { ...recorded, together: true }).catch(orFailed);
  // Of a group some may have gone back before one was refused.
  return { moved: { ...instead, requests: moved.requests + instead.requests }, leavesNote: false };
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
