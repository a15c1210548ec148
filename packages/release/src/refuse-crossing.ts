import { commandOn } from './command-line.ts';
import type { RollbackDecision } from './decide-rollback-needed.ts';
import { type Guard, wayAround } from './guard-rollback.ts';
import type { ReleaseHandle } from './release-handle.ts';

/** Nothing is moved, and what a person can do about it. */
export type HeldBack = RollbackDecision & { next?: string };

/** Older code over a database that it cannot bear would break production a second time (S3, trap 7). Undefined where it may go back. Pure. */
export function refuseCrossing(guard: Guard, decision: RollbackDecision, handle: ReleaseHandle): HeldBack | undefined {
  if (guard.verdict === 'safe' || (guard.verdict === 'unknown' && guard.named.length === 0)) return undefined;
  const files = guard.verdict === 'unsafe' ? guard.files : guard.named;
  const target = handle.rollbackTarget?.deploymentId ?? '<one of them>';
  const command = commandOn(handle, 'rollback', { target, 'allow-unsafe': '<reason>' });
  return {
    act: 'hold',
    reasonCode: guard.reasonCode,
    reason: `${decision.reason}, and going back to ${target} ${guard.verdict === 'unsafe' ? guard.reason : `is not known to be safe: ${guard.reason}`}`,
    next: `${wayAround(files)}: ${command}`,
  };
}
