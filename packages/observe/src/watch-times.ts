import type { SourceReader } from './source-reader.ts';

/** When to read whom after the end of an interval; after the last one also when late counts have settled. */
export function readingTimes(
  readers: readonly SourceReader[],
  last: boolean,
): { delay: number; readers: SourceReader[] }[] {
  const times = new Map<number, SourceReader[]>();
  for (const reader of readers) {
    const { readAfterMs, settledAfterMs = 0 } = reader.source;
    const late = last && settledAfterMs > Math.max(...readAfterMs) ? [settledAfterMs] : [];
    for (const delay of [...readAfterMs, ...late]) times.set(delay, [...(times.get(delay) ?? []), reader]);
  }
  return [...times].map(([delay, due]) => ({ delay, readers: due })).sort((a, b) => a.delay - b.delay);
}

/** Whole minutes only count from the first one that began after the switch. */
export function alignedStart(now: number, granularityMs: number): number {
  return granularityMs < 60_000 ? now : Math.ceil(now / granularityMs) * granularityMs;
}
