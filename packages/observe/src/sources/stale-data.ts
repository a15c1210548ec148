import type { NoData } from '../bucket.ts';

/**
 * How far back a source looks that knows nothing of a window: far enough to find what an application that is up counts, near enough for
 * one answer of every vendor (New Relic: 366 rows).
 */
export const EARLIER_MS = 6 * 3_600_000;

/** Under this an answer is as good as new: a hop takes as long. */
const freshSeconds = 5;

/** What a source says of a window of which it knows nothing, although it counted before: the question is right, the data stopped. */
export function stoppedBefore(said: string): NoData {
  return { noData: 'stale_data', message: `${said}, and nothing of this window` };
}

/**
 * Whether an answer was made too early to know about a time, by the Age that a cache on the way says (RFC 9111, section 5.1): undefined
 * where it is good. `end`: when the time that was asked for ends, in milliseconds; absent where the answer speaks of now. Pure.
 */
export function cachedBefore(headers: Headers, now: number, end = now): NoData | undefined {
  const age = Number(headers.get('age') ?? 0);
  if (!Number.isFinite(age) || age < freshSeconds || now - age * 1000 >= end) return undefined;
  const message = `the answer comes from a cache and is ${age} s old: let it be sent with Cache-Control: no-store`;
  return { noData: 'stale_data', message };
}
