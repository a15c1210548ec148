import type { Bucket } from '../bucket.ts';

/** The newest buckets that together speak most for a rate above the reference. */
export interface Segment {
  /** Index of the first bucket; the segment goes to the end. */
  from: number;
  requests: number;
  errors: number;
  /** How many of them are above the reference by themselves. */
  bucketsAbove: number;
}

/** The suffix with the largest binomial likelihood ratio of its own rate against `reference`; undefined where none is above it. */
export function worstSuffix(
  buckets: readonly Pick<Bucket, 'requests' | 'errors'>[],
  reference: number,
): Segment | undefined {
  let best: { segment: Segment; score: number } | undefined;
  const sum = { requests: 0, errors: 0, bucketsAbove: 0 };
  for (let from = buckets.length - 1; from >= 0; from -= 1) {
    const bucket = buckets[from];
    if (!bucket) continue;
    sum.requests += bucket.requests;
    sum.errors += bucket.errors;
    if (bucket.errors > reference * bucket.requests) sum.bucketsAbove += 1;
    if (sum.requests === 0 || sum.errors / sum.requests <= reference) continue;
    const score = likelihoodRatio(sum.requests, sum.errors, reference);
    if (!best || score > best.score) best = { segment: { from, ...sum }, score };
  }
  return best?.segment;
}

function likelihoodRatio(n: number, e: number, p: number): number {
  const q = e / n;
  const part = (count: number, own: number, reference: number): number =>
    count === 0 ? 0 : count * Math.log(own / reference);
  return part(e, q, p) + part(n - e, 1 - q, 1 - p);
}
