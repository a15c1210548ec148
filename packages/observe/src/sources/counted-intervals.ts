import { type Bucket, isNoData, type NoData, totalOf } from '../bucket.ts';
import type { intervalsOf } from '../source.ts';
import type { Counts } from './check-counts.ts';

/** Asks a time for its counts. Milliseconds. */
export type Ask = (start: number, end: number) => Promise<Counts | NoData>;
type Interval = ReturnType<typeof intervalsOf>[number];

const ASKED_AT_ONCE = 4;
// So many intervals tell how errors cluster; what lies before them tells the rate, in one question.
const SINGLE_BEFORE = 7;
// How far back counts may arrive late: the question for the newest interval sums up so many.
const SUMMED = 15;

/** One question for each. */
async function countEach(intervals: readonly Interval[], ask: Ask): Promise<Bucket[] | NoData> {
  const buckets: Bucket[] = [];
  for (let from = 0; from < intervals.length; from += ASKED_AT_ONCE) {
    const group = intervals.slice(from, from + ASKED_AT_ONCE);
    const answers = await Promise.all(
      group.map(async ({ start, end }) => ({ counts: await ask(start, end), start: start / 1000, end: end / 1000 })),
    );
    for (const { counts, ...seconds } of answers) {
      if ('noData' in counts) return counts;
      buckets.push({ ...seconds, ...counts });
    }
  }
  return buckets;
}

/** Counts of a time that is compared with: its newest intervals one by one, all before them as one. */
export async function countBefore(intervals: Interval[], ask: Ask): Promise<Bucket[] | NoData> {
  const [first, ...others] = intervals.slice(0, -SINGLE_BEFORE);
  const end = others.at(-1)?.end;
  if (!first || end === undefined) return await countEach(intervals, ask);
  return await countEach([{ start: first.start, end }, ...intervals.slice(-SINGLE_BEFORE)], ask);
}

/**
 * Counts of a growing row of intervals, one question for each: the newest one has what is new in the sum of the intervals up to it, so
 * that counts which arrive late are counted there and nothing is asked twice.
 */
export class CountedIntervals {
  private readonly known = new Map<number, Bucket>();

  async read(intervals: readonly Interval[], ask: Ask): Promise<Bucket[] | NoData> {
    const unknown = intervals.filter(({ start, end }) => this.known.get(start / 1000)?.end !== end / 1000);
    const [newest, ...missed] = unknown.toReversed();
    const before = this.of(intervals.slice(-SUMMED, -1));
    const answer =
      newest && newest === intervals.at(-1) && missed.length === 0 && before[0]
        ? await this.countNewest(newest, before, before[0].start * 1000, ask)
        : await countEach(unknown, ask);
    if (isNoData(answer)) return answer;
    for (const bucket of answer) this.known.set(bucket.start, bucket);
    return this.of(intervals);
  }

  private async countNewest(newest: Interval, before: Bucket[], since: number, ask: Ask): Promise<Bucket[] | NoData> {
    const answer = await countEach([{ start: since, end: newest.end }], ask);
    if (isNoData(answer)) return answer;
    const [sum, old] = [totalOf(answer), totalOf(before)];
    const counts = { requests: sum.requests - old.requests, errors: sum.errors - old.errors };
    // Where counts were taken back, or nothing is new, only its own question tells: a source that fell silent repeats the old sum.
    if (counts.errors < 0 || counts.requests <= 0 || counts.errors > counts.requests)
      return await countEach([newest], ask);
    return [{ start: newest.start / 1000, end: newest.end / 1000, ...counts }];
  }

  private of(intervals: readonly Interval[]): Bucket[] {
    return intervals.flatMap(({ start }) => this.known.get(start / 1000) ?? []);
  }
}
