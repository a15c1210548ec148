import { totalOf } from './bucket.ts';
import type { WatchFacts } from './conclude-watch.ts';
import { percent } from './judge/judge.ts';

/** One line of progress after an interval: elapsed time, rate so far, requests. `startedAt` and `end` in milliseconds. */
export function describeInterval(
  facts: WatchFacts,
  at: { startedAt: number; end: number; denominator: string },
): string {
  const elapsed = clockOf(at.end - at.startedAt);
  const { requests, errors } = totalOf(facts.buckets);
  const newest = facts.buckets.find((bucket) => Math.abs(bucket.end * 1000 - at.end) < 1);
  const rate = requests === 0 ? 'no requests' : `${percent(errors / requests)} of ${requests} ${at.denominator} failed`;
  const own = newest ? `this interval ${newest.errors} of ${newest.requests}` : 'this interval is not known';
  const verdict = facts.judgement?.verdict === 'fail' ? 'FAIL' : (facts.judgement?.reasonCode ?? 'no_data');
  const { probes } = facts;
  const checks =
    probes && probes.rounds > 0
      ? `; checks ${probes.clean ? 'clean' : `${probes.failedRounds} of ${probes.rounds} failed`}`
      : '';
  return `[${elapsed}] ${rate} so far; ${own}; ${verdict}${checks}`;
}

function clockOf(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
