/** How a step, a composite or the job ended. */
export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

const severity: Record<Result, number> = { success: 0, failure: 2, cancelled: 3, skipped: 4 };

/** actions/runner's TaskResultUtil.MergeTaskResults: cancelled or skipped stays, else the worse one wins. */
export function mergeResults(current: Result | undefined, coming: Result): Result {
  if (current === undefined) return coming;
  if (severity[current] > severity.failure) return current;
  return severity[coming] >= severity[current] ? coming : current;
}
