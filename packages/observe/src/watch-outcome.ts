import type { BrokenRules } from './broken-rules.ts';
import type { WatchConclusion, WatchFacts } from './conclude-watch.ts';
import { describeBaseline } from './describe-baseline.ts';
import type { SourceReader } from './source-reader.ts';
import type { WatchOutcome } from './watch-types.ts';

/** A conclusion with everything that it rests on; times of `about` in milliseconds. */
export function outcomeOf(
  conclusion: WatchConclusion,
  about: {
    facts: Pick<WatchFacts, 'buckets'>;
    readers: readonly SourceReader[];
    decisive: SourceReader;
    startedAt: number;
    endedAt: number;
    intervalMs: number;
    /** Intervals of the whole window. */
    planned: number;
    broken: BrokenRules;
  },
): WatchOutcome {
  const { readers, decisive, startedAt, endedAt, intervalMs, planned } = about;
  const { buckets } = about.facts;
  return {
    ...conclusion,
    ...(conclusion.verdict === 'fail' && { detectedAt: endedAt / 1000 }),
    requests: buckets.reduce((sum, bucket) => sum + bucket.requests, 0),
    errors: buckets.reduce((sum, bucket) => sum + bucket.errors, 0),
    buckets,
    startedAt: startedAt / 1000,
    endedAt: endedAt / 1000,
    effectiveIntervalSeconds: intervalMs / 1000,
    windowUntil: (startedAt + planned * intervalMs) / 1000,
    source: decisive.source.name,
    denominator: decisive.source.denominator,
    baseline: decisive.baseline,
    baselineSaid: describeBaseline(decisive.baseline, decisive.baselineFrom),
    ...decisive.source.asked?.(startedAt, endedAt),
    readings: readers.flatMap(({ readings }) => readings),
    broken: about.broken.list(),
  };
}
