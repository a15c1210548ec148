import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { type Bucket, countsNothing, type NoData } from './bucket.ts';
import { continueWindow } from './continue-watch.ts';
import { describeLateness } from './lateness.ts';
import { intervalsOf, type ObservationSource } from './source.ts';
import { observeWindow, type Watch, type WatchOutcome } from './watch.ts';

const minute = 60_000;
const since = 1_700_000_000_000;
const interval = 30_000;

/** Counts 200 requests per interval; from interval `bad` on 14 of them fail. Before the promotion one in 200 does. */
function source(bad: number, options: Partial<ObservationSource> = {}): ObservationSource & { reads: number } {
  const made = {
    name: 'prometheus' as const,
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0, 5_000],
    settledAfterMs: 60_000,
    looksBack: true,
    reads: 0,
    async open() {},
    async read(from: number, until: number, intervalMs: number): Promise<Bucket[] | NoData> {
      made.reads += 1;
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
        const index = Math.round((start - since) / intervalMs);
        return { start: start / 1000, end: end / 1000, requests: 200, errors: index >= bad ? 14 : 1 };
      });
    },
    async close() {},
    ...options,
  };
  return made;
}

const common = {
  rules: [parseRule('error-rate above 2% within 30m')],
  windowMs: 30 * minute,
  intervalMs: interval,
  minRequests: 20,
  baselineMs: 30 * minute,
  signal: new AbortController().signal,
  log: () => {},
};

/** What a run says that comes so many minutes after the beginning of the window. */
async function after(minutes: number, given: Partial<Watch> & Pick<Watch, 'source'>): Promise<WatchOutcome> {
  const clock = new SimulatedClock(since + minutes * minute);
  return await continueWindow({ ...common, clock, since, ...given });
}

test('however many runs look and whenever they come, the verdict is that of the watch that never left', async () => {
  const clock = new SimulatedClock(since);
  const watched = await observeWindow({ ...common, source: source(8), clock });
  assert.equal(watched.verdict, 'fail');
  const seen = watched.buckets.length;
  assert.ok(seen > 8 && seen < 14, `after ${seen} intervals`);
  for (const minutes of [0, 3, seen / 2 - 0.2]) {
    const early = await after(minutes, { source: source(8) });
    assert.equal(early.reasonCode, 'window_open', `${minutes}: ${early.summary}`);
  }
  for (const minutes of [seen / 2 + 0.1, 14, 29, 31, 600]) {
    const found = await after(minutes, { source: source(8) });
    assert.deepEqual(
      [found.verdict, found.buckets.length, found.breachAt, found.rule],
      ['fail', seen, watched.breachAt, watched.rule],
      `${minutes}: ${found.summary}`,
    );
  }
});

test('a window stays open until its last counts have settled; then a clean one passes', async () => {
  const open = await after(30.5, { source: source(99) });
  assert.deepEqual([open.verdict, open.reasonCode, open.buckets.length], ['inconclusive', 'window_open', 60]);
  assert.match(open.summary, /the watch goes on until 2023-11-14 22:43 UTC in later runs/);
  assert.equal(open.dueAt, undefined);
  const passed = await after(31.1, { source: source(99) });
  assert.deepEqual([passed.verdict, passed.reasonCode, passed.buckets.length], ['pass', 'below_limit', 60]);
  assert.doesNotMatch(passed.summary, /came/);
  assert.equal(passed.windowUntil, since / 1000 + 1800);
});

test('a run with no new counts asks the source twice and ends at once', async () => {
  const counted = source(99);
  const ended = await after(10, { source: counted });
  assert.deepEqual([counted.reads, ended.endedAt - ended.startedAt], [2, 600]);
});

test('a late run says how late it is, and judges by the times of the counts', async () => {
  const late = await after(45, { source: source(99) });
  assert.equal(late.verdict, 'pass');
  assert.match(late.summary, /this run came 14 minutes after that could first be known; it judged by the times/);
  const breach = await after(25, { source: source(4) });
  assert.equal(breach.verdict, 'fail');
  const minutes = Math.round((breach.endedAt - (breach.dueAt ?? 0)) / 60);
  assert.ok(minutes > 15, String(minutes));
  assert.match(breach.summary, new RegExp(`came ${minutes} minutes after`));
  assert.equal(describeLateness(since, since + 6 * minute), undefined);
});

test('a source that cannot be read at the end gets as long again, then nothing is known', async () => {
  const blind = () => source(99, { read: async () => ({ noData: 'source_failed', message: 'status 503' }) });
  assert.equal((await after(40, { source: blind() })).reasonCode, 'window_open');
  const given = await after(62, { source: blind() });
  assert.deepEqual([given.verdict, given.reasonCode], ['no-data', 'source_blind']);
  assert.match(given.summary, /status 503/);
});

test('where no later run would ask again, a source is asked once more three times, half a minute apart', async () => {
  const answers = (silent: number, noData = 'source_failed') => {
    const counted = source(99);
    let reads = 0;
    const read: ObservationSource['read'] = async (from, until, intervalMs) => {
      // The time before the watch is not what this is about.
      if (from < since) return await counted.read(from, until, intervalMs);
      reads += 1;
      return reads <= silent ? { noData, message: 'status 502' } : await counted.read(from, until, intervalMs);
    };
    return { given: source(99, { read }), reads: () => reads };
  };
  const restarted = answers(3);
  const passed = await after(600, { source: restarted.given });
  assert.deepEqual([passed.verdict, passed.buckets.length, restarted.reads()], ['pass', 60, 4], passed.summary);
  assert.equal(passed.endedAt, since / 1000 + 600 * 60 + 90);
  const gone = answers(99);
  assert.deepEqual([(await after(600, { source: gone.given })).reasonCode, gone.reads()], ['source_blind', 4]);
  const mistaken = answers(99, 'unit_mistake');
  assert.deepEqual([(await after(600, { source: mistaken.given })).reasonCode, mistaken.reads()], ['source_blind', 1]);
  const early = answers(99);
  assert.deepEqual([(await after(40, { source: early.given })).reasonCode, early.reads()], ['window_open', 1]);
  const other = answers(99);
  const stood = await after(600, { source: other.given, others: [source(99)] });
  assert.deepEqual([stood.verdict, other.reads()], ['pass', 1], 'another source has answered');
});

test('a run that cannot read the time before does not judge by another limit than the runs that could', async () => {
  const rules = [parseRule('error-rate above 3x baseline and at least 2% within 30m')];
  const steady = (failing: (from: number) => boolean) =>
    source(0, {
      async read(from, until, intervalMs) {
        if (failing(from)) throw new Error('status 503');
        return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
          return { start: start / 1000, end: end / 1000, requests: 200, errors: 10 };
        });
      },
    });
  for (const minutes of [10, 31.1]) {
    const seen = await after(minutes, { rules, source: steady(() => false) });
    assert.notEqual(seen.verdict, 'fail', seen.summary);
    const blind = await after(minutes, { rules, source: steady((from) => from < since) });
    assert.deepEqual([blind.verdict, blind.reasonCode], ['inconclusive', 'window_open'], blind.summary);
    assert.match(blind.summary, /the time before could not be read, so one rule could not be judged: status 503/);
  }
  const young = source(0, {
    read: async (from, until, intervalMs) =>
      from < since ? { noData: 'no_rows', message: 'nothing' } : await source(0).read(from, until, intervalMs),
  });
  assert.equal((await after(31.1, { source: young })).verdict, 'fail', 'an app without a past is judged all the same');
});

test('a time before that can never be read blinds no other rule, and the last run of all judges by no floor', async () => {
  const deaf = (bad: number) => {
    const counted = source(bad);
    return source(bad, {
      read: async (from, until, intervalMs) =>
        from < since
          ? { noData: 'query_failed', message: 'beyond the retention' }
          : await counted.read(from, until, intervalMs),
    });
  };
  const multiple = parseRule('error-rate above 3x baseline and at least 2% within 30m');
  const absolute = parseRule('error-rate above 2% within 30m');
  const early = await after(14, { rules: [multiple, absolute], source: deaf(8) });
  assert.deepEqual([early.verdict, early.rule], ['fail', absolute.text], early.summary);
  assert.match(
    early.summary,
    /the time before could not be read, so one rule could not be judged: beyond the retention/,
  );
  // A pass needs every rule: it stays open for as long as a later run may still compare.
  const open = await after(40, { rules: [multiple, absolute], source: deaf(99) });
  assert.deepEqual([open.verdict, open.reasonCode], ['inconclusive', 'window_open'], open.summary);
  assert.equal((await after(14, { rules: [multiple], source: deaf(8) })).reasonCode, 'window_open');
  for (const bad of [8, 99]) {
    const last = await after(62, { rules: [multiple], source: deaf(bad) });
    assert.deepEqual([last.verdict, last.reasonCode], ['inconclusive', 'baseline_unread'], last.summary);
    assert.match(last.summary, /one rule could not be judged: beyond the retention/);
    assert.match(last.baselineSaid, /^the time before could not be read \(beyond the retention\)/);
  }
  // Another source that can compare speaks for all.
  const other = await after(31.1, { rules: [multiple], source: deaf(99), others: [source(99)] });
  assert.equal(other.verdict, 'pass', other.summary);
  assert.doesNotMatch(other.summary, /could not be judged/);
});

test('a past that no rule compares with keeps no window open', async () => {
  const forgetful = source(99, {
    async read(from, until, intervalMs) {
      if (from < since) return { noData: 'source_failed', message: 'beyond the retention' };
      return await source(99).read(from, until, intervalMs);
    },
  });
  const passed = await after(31.1, { source: forgetful });
  assert.deepEqual([passed.verdict, passed.reasonCode], ['pass', 'below_limit'], passed.summary);
  assert.doesNotMatch(passed.summary, /could not be judged/);
});

test('where a day ago cannot be read and the time before the promotion stands in, a run judges by that and says so', async () => {
  const rules = [parseRule('error-rate above 3x baseline and at least 2% within 30m')];
  const lines: string[] = [];
  const counted = source(8);
  const standsIn = source(8, {
    async read(from, until, intervalMs) {
      if (from < since - 60 * minute) throw new Error('status 503');
      return await counted.read(from, until, intervalMs);
    },
  });
  const log = (line: string) => void lines.push(line);
  const found = await after(14, { rules, baselineFrom: 'day-ago', source: standsIn, log });
  assert.equal(found.verdict, 'fail', found.summary);
  assert.match(found.baselineSaid ?? '', /right before the promotion/);
  assert.match(lines.join('\n'), /could not be read day-ago \(.*503.*\): the time before the promotion stands in/);
  assert.doesNotMatch(found.summary, /could not be judged/);
});

test('a read of hours may take longer than an interval: nobody waits for it', async () => {
  for (const { seconds, expected } of [
    { seconds: 30, expected: 'pass' },
    { seconds: 400, expected: 'no-data' },
  ]) {
    const clock = new SimulatedClock(since + 120 * minute);
    const slow = source(99, {
      async read(from, until, intervalMs) {
        await clock.sleep(seconds * 1000);
        return await source(99).read(from, until, intervalMs);
      },
    });
    const ended = await continueWindow({ ...common, clock, since, source: slow });
    assert.equal(ended.verdict, expected, ended.summary);
  }
});

test('what only counts while it is connected is left out where another source can tell about the past', async () => {
  const logs = source(0, { name: 'vercel-runtime-logs', looksBack: false });
  const ended = await after(31.1, { source: logs, others: [source(99)] });
  assert.deepEqual([ended.verdict, ended.source], ['pass', 'prometheus']);
  assert.equal(logs.reads, 0);
});

test('a job hands off after its part of the window, unless a rule fails first', async () => {
  const watch = (bad: number, options: Partial<Watch> = {}) =>
    observeWindow({
      ...common,
      source: source(bad),
      clock: new SimulatedClock(since),
      handOffMs: 5 * minute,
      ...options,
    });
  const handed = await watch(99);
  assert.deepEqual([handed.verdict, handed.reasonCode, handed.buckets.length], ['inconclusive', 'window_open', 10]);
  assert.equal(handed.windowUntil, since / 1000 + 1800);
  const failed = await watch(0);
  assert.ok(failed.verdict === 'fail' && failed.buckets.length < 10, failed.summary);
  const deaf = await watch(99, { source: source(99, { looksBack: false }), windowMs: 8 * minute });
  assert.deepEqual([deaf.verdict, deaf.buckets.length], ['pass', 16], 'nobody could tell a later run');
  const early = await watch(99, { mayEndEarly: true, handOffMs: 20 * minute });
  assert.equal(early.reasonCode, 'window_open', 'an early pass ends the wait, not the window');
  assert.ok(early.buckets.length < 40, String(early.buckets.length));
});

test('gauges of a source that counts nothing are read beside the counts of another one (PDW-02)', async () => {
  const periodMs = 5 * minute;
  const beside = source(99, {
    name: 'vercel-metrics',
    looksBack: false,
    async read() {
      return countsNothing('vercel-metrics');
    },
    async readingsOver(from, until) {
      const count = Math.floor((until - from) / periodMs);
      return Array.from({ length: count }, (_, part) => {
        const at = (from + (part + 1) * periodMs) / 1000;
        return {
          metric: 'lcp',
          value: from < since ? 2_000 : 2_600,
          unit: 'ms',
          at,
          periodMs,
          source: 'vercel-metrics',
        };
      });
    },
  });
  const rules = ['error-rate above 2% within 30m', 'lcp above 2.5s: notify'].map(parseRule);
  const found = await after(32, { source: source(99), others: [beside], rules });
  assert.deepEqual(found.gauges, { lcp: { intervals: 60, before: true } });
  assert.deepEqual(
    found.ruleVerdicts.map(({ metric, verdict }) => [metric, verdict]),
    [
      ['error-rate', 'pass'],
      ['lcp', 'fail'],
    ],
  );
  assert.deepEqual([found.source, found.broken[0]?.at], ['prometheus', since / 1000 + 600]);
  assert.doesNotMatch(found.summary, /could not be read/);
});

test('a gauge that nobody measured before the release takes nothing back, one that rose in the window does', async () => {
  const beside = (value: (at: number) => number) =>
    source(99, {
      name: 'vercel-metrics',
      looksBack: false,
      async read() {
        return countsNothing('vercel-metrics');
      },
      async readingsOver(from, until) {
        return intervalsOf(from, until, 5 * minute)
          .filter(({ start }) => start >= since)
          .map(({ end }) => ({
            ...{ metric: 'lcp', value: value(end), unit: 'ms' as const, at: end / 1000 },
            ...{ periodMs: 5 * minute, source: 'vercel-metrics' as const },
          }));
      },
    });
  const rules = ['error-rate above 2% within 30m', 'lcp above 2.5s'].map(parseRule);
  const watched = async (value: (at: number) => number) =>
    await after(32, { source: source(99), others: [beside(value)], rules });
  const slow = await watched(() => 3_000);
  assert.deepEqual([slow.verdict, slow.reasonCode], ['inconclusive', 'before_unknown'], slow.summary);
  const risen = await watched((at) => (at <= since + 5 * minute ? 2_000 : 3_000));
  assert.deepEqual([risen.verdict, risen.reasonCode], ['fail', 'above_limit'], risen.summary);
});
