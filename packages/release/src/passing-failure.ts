import { reasonCodeOf } from '#http/error-reason';

/** Reasons that say nothing of the target: a service was down, slow or not understood for a moment. */
const passing = new Set([
  'vercel_unreachable',
  'vercel_rate_limited',
  'vercel_bad_answer',
  'move_unanswered',
  'domains_not_moved',
  'github_unreachable',
  'github_rate_limited',
]);

/** Whether the same way back may well succeed later. Pure. */
export function isPassing(reasonCode: string | undefined): boolean {
  return reasonCode !== undefined && passing.has(reasonCode);
}

/** As `isPassing`, of an error. */
export function isPassingError(error: unknown): boolean {
  return isPassing(reasonCodeOf(error));
}
