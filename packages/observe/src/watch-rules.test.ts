import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { SimulatedClock } from '../test/simulated-clock.ts';
import type { Reading } from './reading.ts';
import { intervalsOf, type ObservationSource } from './source.ts';
import { observeWindow, type Watch, type WatchOutcome } from './watch.ts';

/** Watches 15 minutes of 30 s; `rate` gives the error rate of the n-th interval, `readings` the numbers beside it by minute. */
async function watched(
  rules: string[],
  rate: (index: number) => number,
  readings?: (minute: number) => Partial<Reading>[],
  more: Partial<Watch> = {},
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
