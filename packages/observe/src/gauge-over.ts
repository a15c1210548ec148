import type { Reading } from './reading.ts';

/** What is known of a gauge over a window. */
export interface GaugeOver {
  /** How many intervals of the window its points tell of. */
  intervals: number;
  /** Whether there is one from before the release did anything. */
  before: boolean;
}

/** Gauges of which points of the window are known, by their metric; what only the time before knows is none. Pure. */
export function gaugesOf(
  points: readonly Reading[],
  earlier: readonly Reading[],
  intervalMs: number,
): Map<string, GaugeOver> {
  const byMetric = Map.groupBy(points, ({ metric }) => metric);
  return new Map(
    [...byMetric].map(([metric, own]) => {
      // One time once, however many sources or series tell it; a point may stand for several intervals.
      const lengths = new Map(own.map(({ at, periodMs = intervalMs }) => [at, periodMs]));
      const known = [...lengths.values()].reduce((sum, length) => sum + length, 0);
      const before = earlier.some((each) => each.metric === metric);
      return [metric, { intervals: Math.round(known / intervalMs), before }];
    }),
  );
}

/** The same of several sources: a gauge is known as well as the source that knows it best. Pure. */
export function mergeGauges(sources: readonly { gauges: ReadonlyMap<string, GaugeOver> }[]): Map<string, GaugeOver> {
  const merged = new Map<string, GaugeOver>();
  for (const [metric, { intervals, before }] of sources.flatMap(({ gauges }) => [...gauges])) {
    const known = merged.get(metric);
    const most = Math.max(intervals, known?.intervals ?? 0);
    merged.set(metric, { intervals: most, before: before || known?.before === true });
  }
  return merged;
}
