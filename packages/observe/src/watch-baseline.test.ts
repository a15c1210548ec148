import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRules, parseRule } from '#config/rules';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { intervalsOf, type ObservationSource, SourceError } from './source.ts';
import { observeWindow, type Watch, type WatchOutcome } from './watch.ts';

const startsAt = 1_700_000_000_000;
const multiple = 'error-rate above 3x baseline and at least 1% within 15m';

interface Behaviour extends Partial<ObservationSource> {
  /** Share of failed requests before the watch and in it. */
  before?: number;
  rate?: number;
  p95?: number;
  /** How often the time before cannot be read. */
  unread?: number;
}

/** A source of 1,000 requests an interval; `timesBefore` are the beginnings of the times before the watch that it was asked for. */
function source({ before = 0.05, rate = before, p95, unread = 0, ...own }: Behaviour = {}) {
  const timesBefore: number[] = [];
  const made: ObservationSource = {
    name: 'prometheus',
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: true,
    async open() {},
    async read(from, until, intervalMs) {
      if (from < startsAt) {
        timesBefore.push(from - startsAt);
        if (timesBefore.length <= unread) throw new SourceError('source_unavailable', 'status 500');
      }
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
        const errors = Math.round(1000 * (start < startsAt ? before : rate));
        return { start: start / 1000, end: end / 1000, requests: 1000, errors, ...(p95 && { p95 }) };
      });
    },
    async close() {},
    ...own,
  };
  return { ...made, timesBefore };
}

async function watch(rules: readonly string[], given: Partial<Watch> & Pick<Watch, 'source'>): Promise<WatchOutcome> {
  return await observeWindow({
    rules: rules.map(parseRule),
    windowMs: 15 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    baselineMs: 30 * 60_000,
    clock: new SimulatedClock(startsAt),
    signal: new AbortController().signal,
    log: () => {},
    ...given,
  });
}

test('a time before that cannot be read at first is asked for again, and nothing is judged by the floor meanwhile', async () => {
  for (const unread of [0, 1, 20]) {
    const steady = source({ unread });
    const outcome = await watch([...defaultRules, multiple], { source: steady });
    assert.equal(outcome.verdict, 'pass', outcome.summary);
    assert.deepEqual([steady.timesBefore.length, outcome.baseline.length], [unread + 1, 59]);
    assert.match(outcome.baselineSaid, /^5\.0 % of 59000 requests right before the promotion/);
  }
  const worse = await watch([multiple], { source: source({ before: 0.005, rate: 0.05, unread: 3 }) });
  assert.deepEqual([worse.verdict, worse.reasonCode], ['fail', 'above_limit'], worse.summary);
});

test('a time before that never comes: rules that compare end undecided by name, others judge as ever', async () => {
  for (const rate of [0.05, 0.001]) {
    const outcome = await watch([...defaultRules, multiple], { source: source({ rate, unread: 99 }) });
    assert.deepEqual([outcome.verdict, outcome.reasonCode], ['inconclusive', 'baseline_unread'], outcome.summary);
    assert.match(outcome.summary, /the time before could not be read, so 2 rules could not be judged: status 500/);
    assert.match(outcome.baselineSaid, /could not be read \(status 500\)/);
  }
  const bad = await watch([...defaultRules, multiple], { source: source({ rate: 0.2, unread: 99 }) });
  assert.deepEqual([bad.verdict, bad.rule], ['fail', defaultRules[0]], bad.summary);
  assert.ok(bad.buckets.length < 5, `${bad.buckets.length} intervals`);
});

test('a source that opens late is asked for the time before then', async () => {
  let opened = 0;
  const open = async () => {
    opened += 1;
    if (opened < 3) throw new SourceError('source_unavailable', 'status 502');
  };
  const outcome = await watch([multiple], { source: source({ open }) });
  assert.deepEqual([outcome.verdict, outcome.baseline.length], ['pass', 59], outcome.summary);
});

test('a source that waits for its time before gives way to one that is compared with its own, never to a floor', async () => {
  const logs = source({ name: 'vercel-runtime-logs', looksBack: false });
  const waits = await watch([multiple], { source: source({ unread: 99 }), others: [logs] });
  assert.deepEqual([waits.verdict, waits.reasonCode], ['inconclusive', 'baseline_unread'], waits.summary);
  const other = source({ name: 'sentry' });
  const stood = await watch([multiple], { source: source({ unread: 99 }), others: [logs, other] });
  assert.deepEqual([stood.verdict, stood.source], ['pass', 'sentry'], stood.summary);
  assert.match(stood.summary, /judged by sentry; prometheus could not be compared \(status 500\)/);
});

test('where a source says that it has no time before, nothing is asked again: an error rate is judged from half the floor', async () => {
  const none = source({ before: 0.005, rate: 0.05, looksBack: false });
  const outcome = await watch([multiple], { source: none });
  assert.deepEqual([outcome.verdict, outcome.limit, none.timesBefore.length], ['fail', 0.015, 0], outcome.summary);
  assert.match(outcome.baselineSaid, /counts from half its floor/);
});

test('response times are compared with known ones only', async () => {
  const rule = 'p95 above 1.25x baseline and at least 500ms';
  const known = await watch([rule], { source: source({ before: 0, p95: 800, unread: 2 }) });
  assert.equal(known.verdict, 'pass', known.summary);
  const unknown = await watch([rule], { source: source({ before: 0, p95: 800, looksBack: false }) });
  assert.deepEqual([unknown.verdict, unknown.reasonCode], ['inconclusive', 'no_baseline'], unknown.summary);
});

test('what was restored is compared with the time before the promotion of what was taken back', async () => {
  const promotedAt = startsAt - 10 * 60_000;
  const restored = source({
    async read(from, until, intervalMs) {
      // Half of all requests failed while the release served that was taken back.
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
        const sick = start >= promotedAt && start < startsAt;
        return { start: start / 1000, end: end / 1000, requests: 1000, errors: sick ? 500 : 50 };
      });
    },
  });
  const usual = { windowMs: 180_000, baselineUntil: promotedAt };
  const outcome = await watch([...defaultRules], { source: restored, ...usual });
  assert.equal(outcome.verdict, 'pass', outcome.summary);
  assert.match(outcome.baselineSaid, /^5\.0 % of 59000 requests/);
  const sick = await watch([...defaultRules], { source: source({ before: 0.005, rate: 0.05 }), ...usual });
  assert.equal(sick.verdict, 'fail', sick.summary);
});
