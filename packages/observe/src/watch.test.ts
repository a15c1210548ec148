import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import type { ProbeOutcome } from '#probe/probe';
import { Random } from '../test/random.ts';
import { SimulatedClock } from '../test/simulated-clock.ts';
import type { Bucket, NoData } from './bucket.ts';
import type { ProbeRound } from './probe-rounds.ts';
import { intervalsOf, type ObservationSource, SourceError } from './source.ts';
import { probeSource } from './sources/probe.ts';
import { observeWindow, type Watch, type WatchOutcome } from './watch.ts';

type Interval = { requests: number; errors: number } | 'unknown' | NoData;

/** A source whose n-th interval (0, 1 …) is what the test says. */
function source(interval: (index: number) => Interval, options: Partial<ObservationSource> = {}): ObservationSource {
  return {
    name: 'http-json',
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read(from, until, intervalMs) {
      const buckets: Bucket[] = [];
      for (const [index, { start, end }] of intervalsOf(from, until, intervalMs).entries()) {
        const found = interval(index);
        if (found === 'unknown') continue;
        if ('noData' in found) return found;
        buckets.push({ start: start / 1000, end: end / 1000, ...found });
      }
      return buckets;
    },
    async close() {},
    ...options,
  };
}

async function watch(options: Partial<Watch> & Pick<Watch, 'source'>): Promise<WatchOutcome & { lines: string[] }> {
  const lines: string[] = [];
  const outcome = await observeWindow({
    rules: [parseRule('error-rate above 2% within 15m'), parseRule('error-rate above 10%: immediately')],
    windowMs: 15 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    baselineMs: 0,
    clock: new SimulatedClock(),
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
    ...options,
  });
  return { ...outcome, lines };
}

const clean = (requests = 200): Interval => ({ requests, errors: 0 });
const check = (outcome: ProbeOutcome['outcome']): ProbeOutcome => {
  return {
    name: 'home',
    url: 'https://app.example/',
    outcome,
    reasonCode: 'x',
    message: 'status 500',
    durationMs: 1,
    at: 0,
  };
};
function probes(outcomes: (round: number) => ProbeOutcome['outcome']): NonNullable<Watch['probes']> {
  let round = 0;
  return { rounds: [], run: async () => [check(outcomes(round++))] };
}

test('a clean window passes, at its end and not before', async () => {
  const outcome = await watch({ source: source(() => clean()) });
  assert.equal(outcome.verdict, 'pass');
  assert.equal(outcome.reasonCode, 'below_limit');
  assert.equal(outcome.buckets.length, 30);
  assert.equal(outcome.endedAt - outcome.startedAt, 900);
  assert.match(outcome.lines[0] ?? '', /\[00:30\] 0\.0 % of 200 requests failed so far/);
});

test('a bad release fails within two intervals of the breach, with rule, limit, value and times', async () => {
  const outcome = await watch({ source: source(() => ({ requests: 200, errors: 13 })) });
  assert.equal(outcome.verdict, 'fail');
  assert.equal(outcome.rule, 'error-rate above 2% within 15m');
  assert.equal(outcome.limit, 0.02);
  assert.ok(outcome.buckets.length <= 3, `after ${outcome.buckets.length} intervals`);
  assert.equal(outcome.breachAt, outcome.startedAt + 30);
  assert.equal(outcome.detectedAt, outcome.endedAt);
  assert.match(outcome.summary, /6\.5 % \(\d+ of \d+ requests.*above the limit of 2\.0 %/);
});

test('half of all requests failing is overwhelming: one interval is enough', async () => {
  const outcome = await watch({ source: source(() => ({ requests: 200, errors: 100 })) });
  assert.equal(outcome.verdict, 'fail');
  assert.equal(outcome.buckets.length, 1);
});

test('a breach that starts late is caught two intervals after by the rule that speaks of now', async () => {
  const rules = [parseRule('error-rate above 10%: immediately')];
  const outcome = await watch({
    rules,
    source: source((index) => ({ requests: 200, errors: index < 25 ? 0 : 80 })),
  });
  assert.equal(outcome.verdict, 'fail');
  assert.equal(outcome.buckets.length, 27);
  assert.equal(outcome.value, 0.4);
});

test('a breach after the time that the rule names does not count', async () => {
  const rules = [parseRule('error-rate above 2% within 5m')];
  const outcome = await watch({ rules, source: source((index) => ({ requests: 500, errors: index < 10 ? 0 : 400 })) });
  assert.equal(outcome.verdict, 'pass');
});

test('one error in three requests decides nothing, forty in four hundred do (ARB-11)', async () => {
  const few = await watch({
    source: source((index) => ({ requests: index === 0 ? 3 : 0, errors: index === 0 ? 1 : 0 })),
  });
  assert.equal(few.verdict, 'inconclusive');
  assert.equal(few.reasonCode, 'too_little_traffic');
  const many = await watch({
    source: source((index) => ({ requests: index < 4 ? 100 : 0, errors: index < 4 ? 10 : 0 })),
  });
  assert.equal(many.verdict, 'fail');
});

test('no traffic with clean checks of our own is too little traffic, and both are said', async () => {
  const outcome = await watch({ source: source(() => clean(0)), probes: probes(() => 'pass') });
  assert.equal(outcome.verdict, 'inconclusive');
  assert.equal(outcome.reasonCode, 'too_little_traffic');
  assert.match(outcome.summary, /0 requests.*all 30 rounds of our own checks passed/);
});

test('no traffic, and our own check fails three times in a row: that is a failure', async () => {
  const outcome = await watch({
    source: source(() => clean(0)),
    probes: probes((round) => (round < 4 ? 'pass' : 'fail')),
  });
  assert.equal(outcome.verdict, 'fail');
  assert.equal(outcome.reasonCode, 'probes_failing');
  assert.ok(outcome.endedAt - outcome.startedAt <= 240);
});

test('with plenty of good traffic a failing check of our own is reported, not decisive', async () => {
  const outcome = await watch({ source: source(() => clean()), probes: probes(() => 'fail') });
  assert.equal(outcome.verdict, 'pass');
  assert.match(outcome.summary, /rounds of our own checks failed/);
});

test('a blind source gets its time once more, then it is no data', async () => {
  const noData = { noData: 'source_unavailable', message: 'answered 503' };
  const outcome = await watch({ source: source(() => noData), windowMs: 300_000 });
  assert.equal(outcome.verdict, 'no-data');
  assert.equal(outcome.reasonCode, 'source_blind');
  assert.equal(outcome.endedAt - outcome.startedAt, 600);
  assert.match(outcome.summary, /answered 503/);
});

test('a source that sees again during the extension can still pass', async () => {
  const outcome = await watch({ windowMs: 300_000, source: source((index) => (index < 6 ? 'unknown' : clean())) });
  assert.equal(outcome.verdict, 'pass');
  assert.equal(outcome.buckets.length, 10);
});

test('what is seen in the extension is judged by every rule, its time is longer by as much', async () => {
  const rules = [parseRule('error-rate above 2% within 15m')];
  const bad = { requests: 500, errors: 40 };
  const late = await watch({ rules, source: source((index) => (index < 30 ? 'unknown' : bad)) });
  assert.deepEqual([late.verdict, late.reasonCode, late.extendedSeconds], ['fail', 'above_limit', 900], late.summary);
  const fine = await watch({ rules, source: source((index) => (index < 30 ? 'unknown' : clean())) });
  assert.equal(fine.verdict, 'pass', fine.summary);
  const turned = source((index) => (index < 10 ? 'unknown' : index < 30 ? clean() : bad));
  assert.equal((await watch({ rules, source: turned })).verdict, 'fail');
});

test('a source that cannot be opened is tried again', async () => {
  let attempts = 0;
  const open = async (): Promise<void> => {
    attempts += 1;
    if (attempts < 3) throw new SourceError('source_unavailable', 'answered 500');
  };
  const outcome = await watch({ source: source(() => clean(), { open }) });
  assert.equal(outcome.verdict, 'pass');
  assert.equal(attempts, 3);
});

test('a coarse source decides the interval, and it is said', async () => {
  const outcome = await watch({ source: source(() => clean(), { granularityMs: 60_000 }), intervalMs: 10_000 });
  assert.equal(outcome.effectiveIntervalSeconds, 60);
  assert.equal((outcome.startedAt * 1000) % 60_000, 0);
  assert.match(outcome.lines[0] ?? '', /counts per 60 s/);
});

test('a rollback during the watch ends it as superseded at once (S1)', async () => {
  let asked = 0;
  const superseded = async (): Promise<string | undefined> => (++asked === 3 ? 'rolled back by run 7' : undefined);
  const outcome = await watch({ source: source(() => clean()), superseded });
  assert.equal(outcome.reasonCode, 'superseded');
  assert.equal(outcome.summary, 'rolled back by run 7');
  assert.equal(outcome.buckets.length, 2);
});

test('a lock that cannot be read does not end the watch', async () => {
  const superseded = async (): Promise<never> => {
    throw new Error('GitHub is down');
  };
  assert.equal((await watch({ source: source(() => clean()), superseded })).verdict, 'pass');
});

test('a cancelled watch ends at once with what it has seen', async () => {
  const cancel = new AbortController();
  const counting = source((index) => {
    if (index === 4) cancel.abort(new Error('cancelled by SIGINT'));
    return clean();
  });
  const outcome = await watch({ source: counting, signal: cancel.signal });
  assert.equal(outcome.reasonCode, 'cancelled');
  assert.ok(outcome.requests >= 800);
});

test('the baseline is asked of a source that can look back, without the interval of the switch', async () => {
  const asked: number[] = [];
  const base = source(() => ({ requests: 200, errors: 1 }), { looksBack: true });
  const read: ObservationSource['read'] = async (from, until, intervalMs) => {
    asked.push((until - from) / intervalMs);
    return await base.read(from, until, intervalMs);
  };
  const rules = [parseRule('error-rate above 3x baseline and at least 1% within 15m')];
  const outcome = await watch({ rules, baselineMs: 15 * 60_000, source: { ...base, read } });
  assert.equal(asked[0], 29);
  assert.ok((outcome.limit ?? 0) > 0.01 && (outcome.limit ?? 1) < 0.02, `limit ${outcome.limit}`);
  assert.equal(outcome.verdict, 'pass');
});

for (const [name, outcomes, verdict, reason] of [
  ['clean rounds pass', () => 'pass', 'pass', 'probes_clean'],
  ['failing rounds fail', () => 'fail', 'fail', 'probes_failing'],
  ['a hiccup is neither', (round) => (round === 5 ? 'fail' : 'pass'), 'inconclusive', 'probes_flaky'],
  ['rounds that could not run are no data', () => 'could-not-run', 'no-data', 'source_blind'],
] as [string, (round: number) => ProbeOutcome['outcome'], string, string][]) {
  test(`our own checks as the source: ${name}`, async () => {
    const rounds: ProbeRound[] = [];
    const outcome = await watch({ source: probeSource(rounds), probes: { ...probes(outcomes), rounds } });
    assert.equal(outcome.verdict, verdict);
    assert.equal(outcome.reasonCode, reason);
  });
}

test('noisy healthy traffic is not taken for a fault', async () => {
  const random = new Random(4711);
  for (let run = 0; run < 20; run += 1) {
    const window = Array.from({ length: 30 }, () => random.interval(100, 0.005, 0.01));
    const outcome = await watch({ source: source((index) => window[index] ?? clean()) });
    assert.notEqual(outcome.verdict, 'fail', outcome.summary);
  }
});
