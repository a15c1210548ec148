import type { BaselineTime } from '#config/settings';
import { type Bucket, type NoData, totalOf } from './bucket.ts';
import { percent } from './judge/judge.ts';
import { LEAST_BASELINE } from './judge/judge-latency.ts';

const places: Record<BaselineTime, string> = {
  before: 'right before the promotion',
  'day-ago': 'at the same time a day ago',
  'week-ago': 'at the same time a week ago',
};

/** What is known of the time before and what follows from it, one sentence for people; `failed`: why it could not be read. Pure. */
export function describeBaseline(baseline: readonly Bucket[], from: BaselineTime, failed?: NoData): string {
  const { requests, errors } = totalOf(baseline);
  if (failed)
    return `the time before could not be read (${failed.message}): the limit alone counts, and a rule that compares with it decides nothing`;
  if (baseline.length === 0 || requests === 0)
    return 'nothing is known of the time before: the limit alone counts, a multiple of its error rate counts from half its floor, and one of its p95 decides nothing';
  const where = `${requests} requests ${places[from]}`;
  const known = baseline.length === 1 ? 'one interval' : `${baseline.length} intervals`;
  // Fewer intervals say how many errors there are, hardly how they cluster.
  const few =
    baseline.length < LEAST_BASELINE
      ? `; ${known} only, so a worse past is taken as possible, and a multiple of its p95 decides nothing`
      : '';
  if (errors === 0)
    return `none of ${where} failed (${known}): a rate of up to about ${percent(3 / requests)} is as likely as none${few}`;
  return `${percent(errors / requests)} of ${where} failed (${known})${few}`;
}
