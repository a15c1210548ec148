import { createHttpClient, type HttpClient } from '#http/client';
import type { Clock } from '#http/clock';
import { readJsonPath } from '#probe/json-path';
import { type Bucket, isNoData, type NoData } from '../bucket.ts';
import { intervalsOf, type ObservationSource } from '../source.ts';
import { type Counts, checkCounts } from './check-counts.ts';
import { type Ask, CountedIntervals, countBefore } from './counted-intervals.ts';
import { toSourceError } from './service.ts';
import { cachedBefore, EARLIER_MS, stoppedBefore } from './stale-data.ts';

/** Where the counts are: an address and the JSON paths of two numbers. */
export interface HttpJsonSource {
  /** With `{from}` and `{until}` (Unix seconds) the answer counts that time; without them it counts since some start. */
  url: string;
  requests: string;
  errors: string;
  /** Sent as a bearer token to the host of `url` only. */
  token?: string | undefined;
  /** Further headers, sent to the host of `url` only; they win over `token`. */
  headers?: Record<string, string> | undefined;
  signal?: AbortSignal | undefined;
  clock: Clock;
}

/** Any JSON over HTTP with a count of requests and one of errors. */
export function httpJson(given: HttpJsonSource): ObservationSource {
  const ranged = given.url.includes('{from}');
  const client = createHttpClient({
    baseUrl: new URL(fill(given.url, 0, 0)).origin,
    headers: { ...(given.token && { authorization: `Bearer ${given.token}` }), ...given.headers },
    deadlineMs: 5_000,
    attempts: 3,
    signal: given.signal,
    clock: given.clock,
  });
  const counters = new CounterReadings();
  const counted = new CountedIntervals();
  let stopped: NoData | undefined;

  const ask: Ask = (start, end) => readCounts(client, given, fill(given.url, start / 1000, end / 1000), end);

  /** Once per watch: a question that was answered before is right, and the data stopped. */
  async function whyNothing(nothing: NoData, from: number): Promise<NoData> {
    if (stopped) return stopped;
    const earlier = await ask(from - EARLIER_MS, from);
    stopped =
      'noData' in earlier || earlier.requests === 0
        ? nothing
        : stoppedBefore(`there were ${earlier.requests} requests in the 6 hours before`);
    return stopped;
  }

  return {
    name: 'http-json',
    granularityMs: ranged ? 1000 : 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: ranged,
    async open() {
      if (!ranged) counters.add(given.clock.now(), await readCounts(client, given, given.url));
    },
    async read(from, until, intervalMs) {
      if (!ranged) {
        counters.add(given.clock.now(), await readCounts(client, given, given.url));
        return counters.buckets(from, until, intervalMs);
      }
      const answer = await counted.read(intervalsOf(from, until, intervalMs), ask);
      return isNoData(answer) && answer.noData === 'no_rows' ? await whyNothing(answer, from) : answer;
    },
    ...(ranged && {
      async readBefore(from: number, until: number, intervalMs: number) {
        return await countBefore(intervalsOf(from, until, intervalMs), ask);
      },
    }),
    async close() {},
  };
}

function fill(url: string, from: number, until: number): string {
  return url.replaceAll('{from}', String(Math.floor(from))).replaceAll('{until}', String(Math.floor(until)));
}

/** `end` as in cachedBefore. */
async function readCounts(
  client: HttpClient,
  given: HttpJsonSource,
  url: string,
  end?: number,
): Promise<Counts | NoData> {
  let body: unknown;
  let text = '';
  try {
    const answer = await client.request({ path: url });
    const cached = cachedBefore(answer.headers, given.clock.now(), end);
    if (cached) return cached;
    text = answer.text;
    body = answer.json();
  } catch (error) {
    throw toSourceError(error, 'source-url and source-token', text);
  }
  const [requests, errors] = [readJsonPath(body, given.requests), readJsonPath(body, given.errors)];
  return checkCounts({ requests, errors }, { requests: given.requests, errors: given.errors });
}

/** Readings of counters that only grow; the difference of two readings belongs to the interval in which the later one was taken. */
class CounterReadings {
  private readonly readings: { at: number; counts: Counts | NoData }[] = [];

  add(at: number, counts: Counts | NoData): void {
    this.readings.push({ at, counts });
  }

  buckets(from: number, until: number, intervalMs: number): Bucket[] | NoData {
    const last = this.readings.at(-1)?.counts;
    if (last && 'noData' in last) return last;
    return intervalsOf(from, until, intervalMs).flatMap(({ start, end }) => {
      const before = this.readings.findLast((reading) => reading.at < start + intervalMs / 2);
      const after = this.readings.findLast((reading) => reading.at >= end && reading.at < end + intervalMs / 2);
      if (!before || !after || 'noData' in before.counts || 'noData' in after.counts) return [];
      const requests = after.counts.requests - before.counts.requests;
      const errors = after.counts.errors - before.counts.errors;
      // A counter that fell was reset by a new instance: what happened in between is not known.
      if (requests < 0 || errors < 0 || errors > requests) return [];
      return [{ start: start / 1000, end: end / 1000, requests, errors }];
    });
  }
}
