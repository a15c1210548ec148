import type { BrokenRules } from './broken-rules.ts';
import type { WatchConclusion, WatchFacts } from './conclude-watch.ts';
import { describeBaseline } from './describe-baseline.ts';
import { mergeGauges } from './gauge-over.ts';
import type { SourceReader } from './source-reader.ts';
import type { WatchOutcome } from './watch-types.ts';

/** A conclusion with everything that it rests on; times of `about` in milliseconds. */
export function outcomeOf(
  conclusion: WatchConclusion,
  about: {
    facts: Pick<WatchFacts, 'buckets' | 'unseenMs' | 'apps' | 'needed'>;
    readers: readonly SourceReader[];
    decisive: SourceReader;
    startedAt: number;
    /** Intervals right before it that were judged with the rest. */
    lead?: number;
    endedAt: number;
    intervalMs: number;
    /** Intervals of the whole window. */
    planned: number;
    broken: BrokenRules;
  },
): WatchOutcome {
  const { readers, decisive, startedAt, lead = 0, endedAt, intervalMs, planned } = about;
  const { buckets, unseenMs = 0, apps, needed } = about.facts;
  const from = startedAt - lead * intervalMs;
  return {
    ...conclusion,
    ...(conclusion.verdict === 'fail' && { detectedAt: endedAt / 1000 }),
    requests: buckets.reduce((sum, bucket) => sum + bucket.requests, 0),
    errors: buckets.reduce((sum, bucket) => sum + bucket.errors, 0),
    buckets,
    startedAt: from / 1000,
    ...(lead > 0 && { leadSeconds: (lead * intervalMs) / 1000 }),
    ...(planned > needed && { extendedSeconds: ((planned - needed) * intervalMs) / 1000 }),
    ...(unseenMs > 0 && { unseenSeconds: Math.round(unseenMs) / 1000 }),
    endedAt: endedAt / 1000,
    effectiveIntervalSeconds: intervalMs / 1000,
    windowUntil: (startedAt + planned * intervalMs) / 1000,
    source: decisive.source.name,
    denominator: decisive.source.denominator,
    ...(apps !== undefined && { apps }),
    baseline: decisive.baseline,
    ...(decisive.baselineFailed && { baselineUnread: true as const }),
    baselineSaid: describeBaseline(decisive.baseline, decisive.baselineFrom, decisive.baselineFailed),
    ...decisive.source.asked?.(from, endedAt),
    readings: readers.flatMap(({ readings }) => readings),
    gauges: Object.fromEntries(mergeGauges(readers)),
    broken: about.broken.list(),
  };
}
