import { type Bucket, totalOf } from './bucket.ts';

/** Below this share of the requests before, users no longer reach the app, or something swallows what they ask. */
const collapsedShare = 0.1;
/** Fewer were to be expected: a quiet window is no finding. */
const leastExpected = 50;
/** A single burst before the promotion is no measure. */
const leastBaselineBuckets = 5;

export interface TrafficCollapse {
  requests: number;
  /** What the window would have had at the rate before. */
  expected: number;
}

/** Whether requests fell to a small share of what they were before the promotion; undefined where nothing was counted then. Pure. */
export function findTrafficCollapse(
  baseline: readonly Bucket[],
  buckets: readonly Bucket[],
): TrafficCollapse | undefined {
  const busy = baseline.filter(({ requests }) => requests > 0).length;
  if (busy < leastBaselineBuckets || buckets.length === 0) return undefined;
  const { requests } = totalOf(buckets);
  const expected = (totalOf(baseline).requests / secondsOf(baseline)) * secondsOf(buckets);
  return expected >= leastExpected && requests < expected * collapsedShare ? { requests, expected } : undefined;
}

function secondsOf(buckets: readonly Bucket[]): number {
  return buckets.reduce((sum, { start, end }) => sum + (end - start), 0);
}

/** One sentence for people. Pure. */
export function describeCollapse({ requests, expected }: TrafficCollapse): string {
  const share = Math.round((requests / expected) * 100);
  return `requests fell to ${share} % of what they were before the promotion: ${requests}, where about ${Math.round(expected)} were to be expected`;
}
