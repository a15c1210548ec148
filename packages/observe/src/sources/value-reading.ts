import { readingUnits } from '#config/reading-rule';
import type { Reading } from '../reading.ts';
import { SourceError } from '../source.ts';

/** What a source tells of a value: the number, and how many samples it rests on. */
export interface ValueRow {
  value?: unknown;
  count?: unknown;
}

/**
 * What is thrown where some values could not be read: the first failure, with those that are known all the same and the words of the
 * others. What is no SourceError passes through.
 */
export function withKnown(failed: readonly unknown[], known: readonly Reading[]): unknown {
  const [first] = failed;
  const other = failed.find((error) => !(error instanceof SourceError));
  if (other !== undefined || !(first instanceof SourceError)) return other ?? first;
  const message = failed.map((error) => (error as SourceError).message).join('; ');
  return new SourceError(first.reasonCode, message, first, known);
}

/** Over how long a value is counted, in milliseconds, and whether the newest one is compared with the same time of the days before. */
export interface AskedPeriod {
  periodMs: number;
  compared: boolean;
}

/** What a value is asked for by metric where nothing else is said: every minute. */
export function periodsAsked(
  periods: Readonly<Record<string, readonly AskedPeriod[]>> | undefined,
  metric: string,
): readonly AskedPeriod[] {
  return periods?.[metric] ?? [{ periodMs: 60_000, compared: false }];
}

/** Whole periods that end with `until`, at least one and at most an hour's worth of minutes. Milliseconds. */
export function periodsOf(from: number, until: number, periodMs: number): { start: number; end: number }[] {
  const count = Math.min(60, Math.max(1, Math.floor((until - from) / periodMs)));
  return Array.from({ length: count }, (_, index) => {
    const end = until - (count - 1 - index) * periodMs;
    return { start: end - periodMs, end };
  });
}

/**
 * The greatest of several rows as a reading, and the least of them with it, for a rule may speak of what must not fall; undefined where nothing was told: no value, or one of no samples. Shares are 0 to 1, times
 * in milliseconds. @throws SourceError for what is no number, or plainly another unit.
 */
export function readingOf(
  rows: readonly (ValueRow | undefined)[],
  spans: readonly { end: number }[],
  about: { metric: string; setting: string; source: string },
): Reading | undefined {
  const { metric, setting, source } = about;
  const unit = (readingUnits as Record<string, Reading['unit']>)[metric] ?? 'count';
  const found = rows.flatMap((row, index): Reading[] => {
    const { value, count } = row ?? {};
    if (value === undefined || value === null || count === 0) return [];
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new SourceError('source_bad_answer', `${setting} gives no number`);
    if (unit === 'share' && value > 1.5)
      throw new SourceError('unit_mistake', `${setting} gives ${value}: is that per cent? Divide it by 100`);
    const samples = typeof count === 'number' ? { samples: count } : {};
    return [{ metric, value, unit, at: (spans[index]?.end ?? 0) / 1000, source, ...samples }];
  });
  const [first] = found;
  if (first === undefined) return undefined;
  const greatest = found.reduce((most, each) => (each.value > most.value ? each : most), first);
  const lowest = Math.min(...found.map(({ value }) => value));
  return lowest < greatest.value ? { ...greatest, lowest } : greatest;
}
