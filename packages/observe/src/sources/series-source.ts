import type { SourceName } from '#config/settings';
import type { Clock } from '#http/clock';
import { type Bucket, isNoData, type NoData } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { type Asked, intervalsOf, type ObservationSource } from '../source.ts';
import { type CountNames, type Counts, checkCounts } from './check-counts.ts';
import { EARLIER_MS, stoppedBefore } from './stale-data.ts';

/** One row of a vendor's time series; times in milliseconds, `p95` in milliseconds. What is missing stays undefined. */
export interface Point {
  start: number;
  end: number;
  requests?: unknown;
  errors?: unknown;
  p95?: unknown;
  /** True while the vendor says that it is still counting. */
  incomplete?: boolean;
}

/** What differs between the vendors that answer with a time series. */
export interface SeriesOptions {
  name: SourceName;
  denominator: string;
  granularityMs: number;
  readAfterMs: readonly number[];
  settledAfterMs: number;
  /** The longest time that one answer holds whole, in milliseconds; a longer one is asked for in parts. Absent: any. */
  longestMs?: number;
  /** True where a time without requests has no row: then a missing row counts as zero once the source was ever seen to count. */
  absentMeansZero: boolean;
  /** True where the numbers are extrapolated and may have fractions. */
  estimated?: boolean;
  names: CountNames;
  clock: Clock;
  ask(from: number, until: number, stepMs: number): Promise<Point[]>;
  readings?(from: number, until: number): Promise<Reading[]>;
  /** As in ObservationSource. */
  readingsOver?(from: number, until: number, intervalMs: number): Promise<Reading[]>;
  /** As in ObservationSource. */
  asked(from: number, until: number): Asked;
}

/** A source from a vendor's time series: it places rows in intervals and tells nothing, old, incomplete and zero apart. */
export function seriesSource(options: SeriesOptions): ObservationSource {
  const { name, denominator, granularityMs, readAfterMs, settledAfterMs, clock } = options;
  let everCounted = false;
  let whyNothing: NoData | undefined;

  /** Parts begin whole multiples of `longestMs` after `from`; a row that two of them share is added up where it is placed. */
  async function ask(from: number, until: number, stepMs: number): Promise<Point[]> {
    const points: Point[] = [];
    const partMs = options.longestMs ?? until - from;
    for (let start = from; start < until; start += partMs)
      points.push(...(await options.ask(start, Math.min(until, start + partMs), stepMs)));
    return points;
  }

  /** Once per watch: old rows say that the query is right and the data stopped. */
  async function nothing(from: number, stepMs: number): Promise<NoData> {
    if (whyNothing) return whyNothing;
    const earlier = await options.ask(from - EARLIER_MS, from, Math.max(stepMs, 60_000));
    const last = earlier.filter(isCounted).at(-1);
    if (!last)
      return {
        noData: 'no_rows',
        message: `${options.names.requests} gives nothing, neither now nor in the 6 hours before`,
      };
    const ago = Math.round((from - last.end) / 60_000);
    whyNothing = stoppedBefore(`the newest number is from ${ago} minutes before this window`);
    return whyNothing;
  }

  return {
    name,
    asked: options.asked,
    denominator,
    granularityMs,
    readAfterMs,
    settledAfterMs,
    looksBack: true,
    async open() {},
    async read(from, until, intervalMs) {
      const intervals = intervalsOf(from, until, intervalMs);
      if (intervals.length === 0) return [];
      const points = (await ask(from, until, intervalMs)).filter((point) => point.start < until && point.end > from);
      everCounted ||= points.some(isCounted);
      if (
        !everCounted &&
        points.every((point) => !isCounted(point) && point.incomplete !== true && !isStrange(point))
      ) {
        return await nothing(from, intervalMs);
      }
      const newest = Math.max(...points.filter(isCounted).map((point) => point.end), clock.now() - settledAfterMs);
      const answers = intervals.map(({ start, end }) => {
        const inside = points.filter((point) => middle(point) >= start && middle(point) < end);
        const zero = options.absentMeansZero && everCounted && end <= newest;
        return { start, end, counts: sumOf(inside, options, zero) };
      });
      return toBuckets(answers);
    },
    ...(options.readings && { readings: options.readings }),
    ...(options.readingsOver && { readingsOver: options.readingsOver }),
    async close() {},
  };
}

function isCounted(point: Point): boolean {
  return typeof point.requests === 'number' && point.requests > 0;
}

/** Neither a number nor nothing: a mistake that must be told, not taken for silence. */
function isStrange({ requests, errors }: Point): boolean {
  return [requests, errors].some((value) => value !== undefined && value !== null && value !== 0);
}

function middle(point: Point): number {
  return (point.start + point.end) / 2;
}

function sumOf(points: readonly Point[], { names, estimated }: SeriesOptions, zero: boolean): Counts | NoData {
  if (points.length === 0) {
    return zero
      ? { requests: 0, errors: 0 }
      : { noData: 'no_rows', message: `${names.requests} gives nothing for this time` };
  }
  const sum: Counts = { requests: 0, errors: 0 };
  for (const point of points) {
    if (point.incomplete) return { noData: 'incomplete', message: 'the source is still counting this time' };
    const counts = checkCounts(point, names, estimated);
    if ('noData' in counts) return counts;
    sum.requests += counts.requests;
    sum.errors += counts.errors;
    if (typeof point.p95 === 'number' && Number.isFinite(point.p95)) sum.p95 = Math.max(sum.p95 ?? 0, point.p95);
  }
  return sum;
}

/** What is known as buckets; where nothing is known the reason of the newest interval. */
function toBuckets(answers: { start: number; end: number; counts: Counts | NoData }[]): Bucket[] | NoData {
  const buckets: Bucket[] = [];
  let reason: NoData | undefined;
  for (const { start, end, counts } of answers) {
    if ('noData' in counts) reason = counts;
    else buckets.push({ start: start / 1000, end: end / 1000, ...counts });
  }
  return buckets.length === 0 && reason && !isNoData(buckets) ? reason : buckets;
}
