import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { intervalsOf, type ObservationSource } from './source.ts';
import { observeWindow } from './watch.ts';

const second = 1_000;
const startsAt = 1_700_000_040_000;
/** The domains moved 70 s before the watch. */
const promotedAt = startsAt - 70 * second;

/** Answers from `since` on; before the promotion nothing but the release before. */
function source(since: number, errorsAt: (at: number) => number, options: Partial<ObservationSource> = {}) {
  const asked: number[] = [];
  const made: ObservationSource = {
    name: 'vercel-runtime-logs',
    granularityMs: 0,
    denominator: 'function requests',
    readAfterMs: [0],
    looksBack: false,
    knownSince: () => since,
    async open() {},
    async read(from, until, intervalMs) {
      asked.push(from);
      const known = intervalsOf(from, until, intervalMs).filter(({ start }) => Math.max(start, promotedAt) >= since);
      return known.map(({ start, end }) => {
        return { start: start / 1000, end: end / 1000, requests: 200, errors: errorsAt(start) };
      });
    },
    async close() {},
    ...options,
  };
  return { made, asked };
}

async function watch(made: ObservationSource, others: ObservationSource[] = []) {
  return await observeWindow({
    source: made,
    others,
    rules: [parseRule('error-rate above 2% within 15m'), parseRule('error-rate above 10%: immediately')],
    windowMs: 900 * second,
    intervalMs: 30 * second,
    minRequests: 20,
    baselineMs: 300 * second,
    promotedAt,
    clock: new SimulatedClock(startsAt),
    signal: new AbortController().signal,
    log: () => {},
  });
}

test('errors between the promotion and the watch are judged at once: half of all requests, and nobody waits an interval', async () => {
  const { made } = source(promotedAt - second, (at) => (at < startsAt ? 100 : 0));
  const outcome = await watch(made);
  assert.deepEqual([outcome.verdict, outcome.reasonCode], ['fail', 'above_limit'], outcome.summary);
  assert.equal(outcome.endedAt * second, startsAt);
  assert.equal(outcome.startedAt * second, startsAt - 90 * second, 'whole intervals, the first with the switch in it');
  assert.equal(outcome.unseenSeconds, undefined);
});

test('a clean time since the promotion is part of the verdict, and the watch is as long as before', async () => {
  const { made } = source(promotedAt - second, () => 0);
  const outcome = await watch(made);
  assert.deepEqual([outcome.verdict, outcome.buckets.length, outcome.requests], ['pass', 33, 6_600], outcome.summary);
  assert.equal(outcome.windowUntil * second, startsAt + 900 * second);
  // Nothing is taken from its end for what was counted before.
  assert.match(outcome.summary, /0 of 6600 requests/);
  assert.doesNotMatch(outcome.summary, /not counted/);
});

test('what nobody counted since the promotion is no data: said with its seconds, never zero errors', async () => {
  const { made } = source(startsAt, () => 0);
  const outcome = await watch(made);
  assert.deepEqual([outcome.verdict, outcome.buckets.length, outcome.unseenSeconds], ['pass', 30, 70]);
  assert.match(outcome.summary, /; the first 70 s after the promotion were not counted/);
});

test('intervals from before the watch do not make up for a source that is blind in it', async () => {
  const blind = source(promotedAt - second, () => 0);
  const read = blind.made.read;
  blind.made.read = async (from, until, intervalMs) => {
    const buckets = await read(from, until, intervalMs);
    return Array.isArray(buckets) ? buckets.filter(({ start }) => start * second < startsAt + 630 * second) : buckets;
  };
  const outcome = await watch(blind.made);
  assert.deepEqual([outcome.verdict, outcome.reasonCode], ['no-data', 'source_blind'], outcome.summary);
  assert.match(outcome.summary, /21 of 39 intervals/);
});

test('a source that looks back counts since the switch, and its time to compare with ends there', async () => {
  const options = { looksBack: true, name: 'sentry', denominator: 'spans' } as const;
  // The release before was sick: a tenth of its requests failed.
  const { made, asked } = source(0, (at) => (at < promotedAt ? 20 : 0), options);
  const outcome = await watch(made);
  assert.equal(outcome.verdict, 'pass', outcome.summary);
  assert.deepEqual([outcome.buckets.length, outcome.unseenSeconds], [32, undefined]);
  assert.equal(asked[0], startsAt - 60 * second - 300 * second);
  assert.ok(outcome.baseline.length > 0 && outcome.baseline.every(({ end }) => end * second <= promotedAt));
});
