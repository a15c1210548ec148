import type { BaselineTime } from '#config/settings';
import { type Bucket, totalOf } from './bucket.ts';
import { percent } from './judge/judge.ts';

const places: Record<BaselineTime, string> = {
  before: 'right before the promotion',
  'day-ago': 'at the same time a day ago',
  'week-ago': 'at the same time a week ago',
};
// Fewer intervals say how many errors there are, hardly how they cluster.
const FEW = 5;

/** What is known of the time before and what follows from it, one sentence for people. Pure. */
export function describeBaseline(baseline: readonly Bucket[], from: BaselineTime): string {
  const { requests, errors } = totalOf(baseline);
  if (baseline.length === 0 || requests === 0)
    return 'nothing is known of the time before: the limit alone counts, and a multiple of the baseline counts from half its floor';
  const where = `${requests} requests ${places[from]}`;
  const known = baseline.length === 1 ? 'one interval' : `${baseline.length} intervals`;
  const few = baseline.length < FEW ? `; ${known} only, so a worse past is taken as possible` : '';
  if (errors === 0)
    return `none of ${where} failed (${known}): a rate of up to about ${percent(3 / requests)} is as likely as none${few}`;
  return `${percent(errors / requests)} of ${where} failed (${known})${few}`;
}
