import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { describeBaseline } from './describe-baseline.ts';
import type { Reading } from './reading.ts';
import { intervalsOf, type ObservationSource } from './source.ts';
import { observeWindow, type Watch, type WatchOutcome } from './watch.ts';

/** Watches 15 minutes of 30 s; `rate` gives the error rate of the n-th interval, `readings` the numbers beside it by minute. */
async function watched(
  rules: string[],
  rate: (index: number) => number,
  readings?: (minute: number) => Partial<Reading>[],
  more: Partial<Watch> = {},
  own: Partial<ObservationSource> = {},
): Promise<WatchOutcome & { lines: string[] }> {
  const lines: string[] = [];
  const clock = new SimulatedClock();
  const from = clock.now();
  const source: ObservationSource = {
    name: 'http-json',
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read(start, until, intervalMs) {
      return intervalsOf(start, until, intervalMs).map((each, index) => {
        return {
          start: each.start / 1000,
          end: each.end / 1000,
          requests: 1000,
          errors: Math.round(1000 * rate(index)),
        };
      });
    },
    ...(readings && {
      async readings(_: number, until: number) {
        const given = readings((until - from) / 60_000);
        return given.map((each) => ({
          metric: '',
          value: 1,
          unit: 'count' as const,
          at: until / 1000,
          source: 'x',
          ...each,
        }));
      },
    }),
    async close() {},
    ...own,
  };
  const outcome = await observeWindow({
    source,
    rules: rules.map((rule) => parseRule(rule)),
    windowMs: 15 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    baselineMs: 0,
    clock,
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
    ...more,
  });
  return { ...outcome, lines };
}

test('one metric with limits for different purposes: each is told once, in order, with its own action (ARB-13)', async () => {
  const rules = [
    'error-rate above 1%: warning',
    'error-rate above 5%: immediately, notify',
    'error-rate above 50%: immediately',
  ];
  const steps = [0.005, 0.02, 0.08, 0.6];
  const outcome = await watched(rules, (index) => steps[Math.min(3, Math.floor(index / 4))] ?? 0);
  assert.deepEqual(
    outcome.broken.map(({ rule, level, action }) => [rule, level, action]),
    [
      [rules[0], 'warning', undefined],
      [rules[1], 'critical', 'notify'],
      [rules[2], 'critical', undefined],
    ],
  );
  const times = outcome.broken.map(({ at }) => at);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(times).size, 3);
  assert.equal(outcome.lines.filter((line) => line.startsWith('Broken')).length, 3);
  // The strongest ends the watch, and no milder one does.
  assert.deepEqual([outcome.verdict, outcome.rule, outcome.action], ['fail', rules[2], undefined]);
  assert.equal(outcome.endedAt, times[2]);
});

test('a breach that only notifies is waited with, and stands at the end although the rate fell again', async () => {
  const rules = ['error-rate above 5%: immediately, notify', 'error-rate above 50%: immediately'];
  const outcome = await watched(rules, (index) => (index >= 2 && index < 8 ? 0.1 : 0.001));
  assert.deepEqual([outcome.verdict, outcome.action, outcome.rule], ['fail', 'notify', rules[0]]);
  assert.equal(outcome.buckets.length, 30);
});

test('a warning alone leaves the verdict and is in its sentence', async () => {
  const outcome = await watched(['error-rate above 1%: warning', 'error-rate above 10% within 15m'], () => 0.03);
  assert.deepEqual([outcome.verdict, outcome.broken.length], ['pass', 1]);
  assert.match(outcome.summary, /warning: 3\.0 % breaks "error-rate above 1%: warning"/);
});

test('a new issue of this release ends the watch, whatever the error rate is', async () => {
  const rules = ['error-rate above 2% within 15m', 'new-issues above 0 with at least 5 users'];
  const outcome = await watched(
    rules,
    () => 0.001,
    (minute) => [
      { metric: 'new-issues', value: minute >= 5 ? 1 : 0 },
      ...(minute >= 5 ? [{ metric: 'new-issue', users: 7 }] : []),
    ],
  );
  assert.deepEqual([outcome.verdict, outcome.rule], ['fail', rules[1]]);
  assert.equal(outcome.endedAt - outcome.startedAt, 300);
});

test('a gauge that no source tells holds the release for a person', async () => {
  const outcome = await watched(['error-rate above 2% within 15m', 'lcp above 2.5s'], () => 0.001);
  assert.deepEqual([outcome.verdict, outcome.reasonCode], ['inconclusive', 'needs_confirmation']);
  assert.match(outcome.summary, /a person must confirm "lcp above 2\.5s"/);
});

const two = ['error-rate above 2% within 15m'];

/** A source that counted `counts` in the hour before, a day ago and a week ago; the window itself is clean. */
async function compared(from: 'before' | 'day-ago' | 'week-ago', counts: (ago: number) => [number, number]) {
  const asked: number[] = [];
  const clock = new SimulatedClock();
  const startedAt = clock.now();
  const lookingBack: Partial<ObservationSource> = {
    looksBack: true,
    async read(start, until, intervalMs) {
      if (start < startedAt) asked.push(startedAt - start);
      return intervalsOf(start, until, intervalMs).map((each) => {
        const [requests, errors] = start < startedAt ? counts(startedAt - start) : [200, 1];
        return { start: each.start / 1000, end: each.end / 1000, requests, errors };
      });
    },
  };
  const outcome = await watched(
    two,
    () => 0,
    undefined,
    { clock, baselineMs: 1_800_000, baselineFrom: from },
    lookingBack,
  );
  return { ...outcome, asked };
}
const [half, day] = [1_800_000, 86_400_000];

for (const { name, from, counts, asked, intervals, says } of [
  {
    name: 'right before',
    from: 'before',
    counts: [200, 2],
    asked: [half],
    intervals: 59,
    says: /^1\.0 % of 11800 requests right before the promotion failed \(59 intervals\)$/,
  },
  {
    name: 'a day ago',
    from: 'day-ago',
    counts: [100, 1],
    asked: [day],
    intervals: 60,
    says: /^1\.0 % of 6000 requests at the same time a day ago failed/,
  },
  {
    name: 'a week ago',
    from: 'week-ago',
    counts: [100, 0],
    asked: [7 * day],
    intervals: 60,
    says: /^none of 6000 requests at the same time a week ago failed .* up to about 0\.05 %/,
  },
] as const) {
  test(`the baseline is ${name}, and that is said`, async () => {
    const outcome = await compared(from, () => [...counts]);
    assert.deepEqual([outcome.asked, outcome.baseline.length], [asked, intervals]);
    assert.match(outcome.baselineSaid, says);
  });
}

test('nothing counted a week ago: the time before the promotion stands in', async () => {
  const outcome = await compared('week-ago', (ago) => (ago > half ? [0, 0] : [200, 2]));
  assert.deepEqual(outcome.asked, [7 * day, half]);
  assert.match(outcome.baselineSaid, /right before the promotion/);
  assert.ok(outcome.lines.some((line) => /counted nothing week-ago/.test(line)));
});

test('no baseline, one interval and few are said', () => {
  const interval = { start: 0, end: 60, requests: 500, errors: 5 };
  assert.match(
    describeBaseline([], 'before'),
    /nothing is known of the time before: the limit alone counts, .*p95 decides nothing$/,
  );
  const failed = { noData: 'source_failed', message: 'status 500' };
  assert.match(
    describeBaseline([], 'before', failed),
    /could not be read \(status 500\): .* compares with it decides nothing$/,
  );
  assert.match(describeBaseline([{ ...interval, requests: 0, errors: 0 }], 'before'), /nothing is known/);
  assert.match(
    describeBaseline([interval], 'before'),
    /\(one interval\); one interval only, so a worse past is taken as possible, and a multiple of its p95 decides nothing/,
  );
});

test('a clean window may end early where that is said, tells so, and closes nothing', async () => {
  const early = await watched(two, () => 0.005, undefined, { mayEndEarly: true });
  assert.deepEqual([early.verdict, early.reasonCode], ['pass', 'passed_early']);
  assert.ok(early.buckets.length <= 8, `${early.buckets.length} intervals`);
  assert.match(early.summary, /ended after \d of 30 intervals, as window-may-end-early allows/);
  assert.equal(early.windowUntil - early.startedAt, 900);
  const whole = await watched(two, () => 0.005);
  assert.deepEqual([whole.reasonCode, whole.buckets.length], ['below_limit', 30]);
  assert.equal(whole.windowUntil, whole.endedAt);
});

test('what contradicts a pass keeps the watch going', async () => {
  const faulty = await watched(two, () => 0.03, undefined, { mayEndEarly: true });
  assert.equal(faulty.verdict, 'fail');
  const issue = await watched(
    [...two, 'new-issues above 0'],
    () => 0.001,
    (minute) => [{ metric: 'new-issues', value: minute >= 15 ? 1 : 0 }],
    { mayEndEarly: true },
  );
  assert.equal(issue.reasonCode, 'passed_early', 'readings so far were clean');
  const unknown = await watched([...two, 'lcp above 2.5s'], () => 0.001, undefined, { mayEndEarly: true });
  assert.equal(unknown.buckets.length, 30);
  const outcomes = [{ name: 'home', url: 'https://app.example/', outcome: 'fail' as const }];
  const failing = outcomes.map((each) => ({ ...each, reasonCode: 'x', message: 'status 500', durationMs: 1, at: 0 }));
  const probes = { rounds: [], run: async () => failing };
  const checks = await watched(two, () => 0.001, undefined, { mayEndEarly: true, probes });
  assert.notEqual(checks.reasonCode, 'passed_early');
});

test('cancelled while only a mild rule is broken, a watch has no verdict: nobody would wait for an answer, or see a stronger breach', async () => {
  for (const action of ['approve', 'notify']) {
    const cancel = new AbortController();
    const rules = [`error-rate above 5%: immediately, ${action}`, 'error-rate above 50%: immediately'];
    const rate = (index: number) => {
      if (index === 6) cancel.abort(new Error('cancelled by SIGINT'));
      return 0.2;
    };
    const { reasonCode, summary } = await watched(rules, rate, undefined, { signal: cancel.signal });
    assert.equal(reasonCode, 'cancelled', action);
    assert.match(summary, /so far: .*20/);
  }
});
