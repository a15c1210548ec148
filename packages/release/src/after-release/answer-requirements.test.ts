import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { parseRule } from '#config/rules';
import { systemClock } from '#http/clock';
import type { Bucket, NoData } from '#observe/bucket';
import { continueWindow } from '#observe/continue-watch';
import type { Reading } from '#observe/reading';
import { intervalsOf, type ObservationSource } from '#observe/source';
import { supabaseLogs } from '#observe/sources/supabase-logs';
import { SimulatedClock } from '../../../observe/test/simulated-clock.ts';
import { readAfterRelease } from './after-release-record.ts';
import { answerRequirements } from './answer-requirements.ts';
import { rulesOf } from './classify-requirement.ts';
import { judgeWindow } from './judge-window.ts';
import { planWindows } from './plan-windows.ts';

const minute = 60_000;
const promotedAt = 1_700_000_000_000;
const nothing = readAfterRelease({ facts: [] });

interface World {
  /** Requests of an interval, before and after the promotion. */
  requests?: [number, number];
  errorRate?: number;
  /** Milliseconds, before and after. */
  p95?: [number, number];
  /** Points of LCP in the window, one an interval, in milliseconds; undefined where none is known. And the one before the promotion. */
  lcp?: { before?: number; points: (number | undefined)[] };
  /** The same of another gauge of milliseconds. */
  gauge?: { metric: string; before?: number; points: (number | undefined)[] };
  countsFail?: boolean | undefined;
  /** What a run reads beside the counts, when it looks. */
  readings?: Pick<Reading, 'metric' | 'value' | 'unit' | 'source'>[];
}

function source({
  requests = [2000, 2000],
  errorRate = 0.002,
  p95 = [100, 100],
  readings,
  lcp,
  gauge = lcp && { metric: 'lcp', ...lcp },
  countsFail,
}: World): ObservationSource {
  return {
    name: 'prometheus',
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: true,
    async open() {},
    async read(from, until, intervalMs): Promise<Bucket[] | NoData> {
      if (countsFail) return { noData: 'no_rows', message: 'the query of requests gives nothing' };
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => {
        const side = start < promotedAt ? 0 : 1;
        const count = requests[side];
        const errors = Math.round(count * (side === 0 ? 0.002 : errorRate));
        return { start: start / 1000, end: end / 1000, requests: count, errors, p95: p95[side] };
      });
    },
    ...(readings && {
      async readings(_from: number, until: number): Promise<Reading[]> {
        return readings.map((reading) => ({ ...reading, at: until / 1000 }));
      },
    }),
    ...(gauge && {
      async readingsOver(from: number, until: number, intervalMs: number): Promise<Reading[]> {
        return intervalsOf(from, until, intervalMs).flatMap(({ start, end }) => {
          const index = Math.round((start - promotedAt) / intervalMs);
          const value = index < 0 ? gauge.before : gauge.points[index];
          return value === undefined
            ? []
            : [{ metric: gauge.metric, value, unit: 'ms', at: end / 1000, source: 'prometheus' }];
        });
      },
    }),
    async close() {},
  };
}

/** What a window says so many minutes after the promotion. */
async function windowAt(minutes: number, require: string[], world: World, until = 5, from = 0) {
  const [window] = planWindows({
    windows: [{ name: 'immediate', from: from * minute, until: until * minute, require }],
  });
  assert.ok(window);
  const clock = new SimulatedClock(promotedAt + minutes * minute);
  const texts = window.require.flatMap(({ requirement }) => rulesOf(requirement));
  const outcome = await continueWindow({
    source: source(world),
    rules: (texts.length > 0 ? texts : ['error-rate above 99%: notify']).map(parseRule),
    windowMs: (until - from) * minute,
    intervalMs: minute / 2,
    minRequests: 20,
    baselineMs: 30 * minute,
    since: promotedAt + from * minute,
    baselineUntil: promotedAt,
    clock,
    signal: new AbortController().signal,
    toTheEnd: true,
    log: () => {},
  });
  const now = clock.now();
  return judgeWindow(window, { promotedAt, now, facts: nothing, measured: answerRequirements(window, outcome, now) });
}

const immediate = ['error-rate below 1%', 'p95 normal', 'traffic normal'];

describe('the first five minutes (PDW-03)', () => {
  test('pass at their end and not before', async () => {
    assert.equal((await windowAt(4, immediate, {})).verdict, 'open');
    const { verdict, checks } = await windowAt(5, immediate, {});
    assert.equal(verdict, 'pass', JSON.stringify(checks));
    assert.match(checks[0]?.value ?? '', /^error rate 0\.2 % \(40 of 20000 requests\) is below the limit of 1\.0 %$/);
  });

  test('fail by traffic where it falls to a tenth, and what few requests say passes nothing', async () => {
    const { verdict, reasons, checks } = await windowAt(6, immediate, { requests: [2000, 150] });
    assert.deepEqual([verdict, reasons.length], ['fail', 1]);
    assert.match(reasons[0] ?? '', /^traffic normal: requests fell to 8 %/);
    assert.deepEqual([checks[0]?.verdict, checks[0]?.confirm], ['open', 'error-rate-in-immediate']);
  });

  test('name the one value that is above its limit, while the window goes on', async () => {
    const broken = await windowAt(4, immediate, { errorRate: 0.06 });
    assert.deepEqual([broken.verdict, broken.reasons.length], ['fail', 1]);
    assert.match(broken.reasons[0] ?? '', /^error-rate below 1%: error rate 6\.0 %/);
    const slow = await windowAt(4, immediate, { p95: [100, 160] });
    assert.match(slow.reasons[0] ?? '', /^p95 normal: p95 160 ms .* is above the limit of 125 ms$/);
  });

  test('with too little traffic wait for a person, which is no pass', async () => {
    const { verdict, reasons } = await windowAt(6, ['error-rate below 1%'], { requests: [1, 1], errorRate: 0 });
    assert.equal(verdict, 'open');
    assert.match(
      reasons[0] ?? '',
      /too little traffic for a verdict: 10 requests.*nobody has confirmed error-rate-in-imm/,
    );
  });
});

test('"normal" is 25 % above the time before the promotion, also for a window that begins later (PDW-10)', async () => {
  for (const { p95, verdict } of [
    { p95: 110, verdict: 'pass' },
    { p95: 160, verdict: 'fail' },
  ] as const) {
    const found = await windowAt(61, ['p95 normal'], { p95: [100, p95] }, 60, 30);
    assert.equal(found.verdict, verdict, JSON.stringify(found));
  }
});

test('without a time before nothing is normal or abnormal: a person decides (PDW-10)', async () => {
  const found = await windowAt(6, ['p95 normal', 'traffic normal'], { requests: [0, 2000], p95: [0, 400] });
  assert.equal(found.verdict, 'open');
  assert.deepEqual(
    found.checks.map(({ confirm }) => confirm),
    ['p95-in-immediate', 'traffic-in-immediate'],
  );
});

describe('metrics without anomalies (PDW-07)', () => {
  const day = 24 * 60;
  const metrics = async (world: World, minutes = day + 1) => {
    const { verdict, checks } = await windowAt(minutes, ['metrics normal'], world, day, 120);
    return [verdict, checks[0]?.value ?? '', checks[0]?.confirm] as const;
  };
  const cases: { what: string; world: World; exp: string; says: RegExp }[] = [
    {
      what: 'error rate, p95 and traffic as before',
      world: {},
      exp: 'pass',
      says: /^p95 100 ms, error rate 0\.2 %, \d+ requests$/,
    },
    { what: 'more errors', world: { errorRate: 0.03 }, exp: 'fail', says: /^error-rate: error rate 3\.0 % .* above/ },
    { what: 'slower answers', world: { p95: [100, 160] }, exp: 'fail', says: /^p95: p95 160 ms .* limit of 125 ms$/ },
    {
      what: 'a tenth of the traffic',
      world: { requests: [2000, 150] },
      exp: 'fail',
      says: /^traffic: requests fell to/,
    },
    {
      what: 'nothing before to compare with',
      world: { requests: [0, 2000], p95: [0, 100] },
      exp: 'open',
      says: /^p95, error-rate, traffic: too little was counted before .* nobody has confirmed metrics-in-immediate yet/,
    },
    {
      what: 'counts that cannot be read',
      world: { countsFail: true },
      exp: 'open',
      says: /^p95, error-rate: too little was counted before/,
    },
  ];
  for (const { what, world, exp, says } of cases) {
    test(`${what}: ${exp}`, async () => {
      const [verdict, value] = await metrics(world);
      assert.equal(verdict, exp, value);
      assert.match(value, says);
    });
  }

  test('have no answer before their day is over', async () => {
    const [verdict, value] = await metrics({}, day - 60);
    assert.equal(verdict, 'open');
    assert.match(value, /^p95: so far .*error-rate: so far .*traffic: its time is not over$/);
  });

  test('include what the machine of the database says where a source tells it over the window', async () => {
    const lag = (value: number, known = 500) => ({
      gauge: { metric: 'replication-lag', before: 100, points: Array.from({ length: known }, () => value) },
    });
    assert.deepEqual((await metrics(lag(100, 5000)))[0], 'pass');
    const [verdict, value] = await metrics(lag(90_000, 5000));
    assert.equal(verdict, 'fail');
    assert.match(value, /^replication-lag: replication-lag 90\.0 s is above the limit of 60\.0 s$/);
  });
});

test('3 % keep the limit of one window and break that of another (PDW-04)', async () => {
  const world = { errorRate: 0.03 };
  assert.equal((await windowAt(31, ['error-rate below 5%'], world, 30)).verdict, 'pass');
  assert.equal((await windowAt(31, ['error-rate below 1%'], world, 30)).verdict, 'fail');
});

test('what no source tells waits for a person', async () => {
  const { verdict, checks } = await windowAt(6, ['lcp below 2.5s'], {});
  assert.deepEqual([verdict, checks[0]?.confirm], ['open', 'lcp-in-immediate']);
});

describe('a number that is read at one moment', () => {
  const cpu = (value: number) => [
    { metric: 'database-cpu', value, unit: 'share' as const, source: 'prometheus' as const },
  ];

  test('says nothing of the window, whether it keeps its limit or not: a person decides', async () => {
    for (const value of [0.4, 0.95]) {
      const { verdict, checks } = await windowAt(6, ['database-cpu below 80%'], { readings: cpu(value) });
      assert.deepEqual([verdict, checks[0]?.confirm], ['open', 'database-cpu-in-immediate']);
      assert.match(
        checks[0]?.value ?? '',
        /^database-cpu (40|95)\.0 % when it was looked at, which says nothing of the/,
      );
    }
  });

  test('but Sentry’s new issues are of the whole time since the release', async () => {
    for (const [value, verdict] of [
      [0, 'pass'],
      [1, 'fail'],
    ] as const) {
      const readings = [{ metric: 'new-issues', value, unit: 'count' as const, source: 'sentry' as const }];
      assert.equal((await windowAt(6, ['new-issues below 1'], { readings })).verdict, verdict);
    }
    const counted = [{ metric: 'new-issues', value: 0, unit: 'count' as const, source: 'sql' as const }];
    assert.equal((await windowAt(6, ['new-issues below 1'], { readings: counted })).verdict, 'open');
  });
});

describe('a gauge that its source tells over the window (PDW-02)', () => {
  const lcp = ['lcp below 2.5s'];
  const points = (good: number, value = 1800) => Array.from({ length: good }, () => value);
  const cases = [
    {
      what: 'below its limit all the time',
      points: points(10),
      exp: 'pass',
      says: /^lcp 1800 ms keeps the limit of 2500 ms \(10 of 10 intervals\)$/,
    },
    {
      what: 'beyond it twice in a row',
      points: [...points(4), 2600, 2700, ...points(4)],
      exp: 'fail',
      says: /^lcp 2700 ms is above the limit of 2500 ms$/,
    },
    { what: 'beyond it from the first point on', points: points(10, 3000), exp: 'fail', says: /^lcp 3000 ms is above/ },
    {
      what: 'beyond it in one point',
      points: [...points(4), 2600, ...points(5)],
      exp: 'pass',
      says: /^lcp 1800 ms keeps/,
    },
    {
      what: 'beyond it in the last point only',
      points: [...points(9), 2600],
      exp: 'open',
      says: /only once: two readings in a row decide/,
    },
    {
      what: 'not known for more than a quarter',
      points: points(7),
      exp: 'open',
      says: /but only 7 of 10 intervals are known; nobody has confirmed lcp-in-immediate/,
    },
    {
      what: 'as bad before the release',
      before: 3100,
      points: points(10, 3000),
      exp: 'open',
      says: /the previous release was beyond the limit of 2500 ms already/,
    },
    { what: 'without counts beside it', countsFail: true, points: points(10), exp: 'pass', says: /keeps the limit/ },
  ];
  for (const { what, before, points: each, countsFail, exp, says } of cases) {
    test(`${what}: ${exp}`, async () => {
      const { verdict, checks } = await windowAt(11, lcp, {
        lcp: { before: before ?? 1900, points: each },
        countsFail,
      });
      assert.equal(verdict, exp, JSON.stringify(checks));
      assert.match(checks[0]?.value ?? '', says);
    });
  }

  test('is open while the window goes on, and broken at once', async () => {
    const good = await windowAt(4, lcp, { lcp: { before: 1900, points: points(10) } });
    assert.match(good.checks[0]?.value ?? '', /^so far lcp 1800 ms keeps/);
    assert.equal(good.verdict, 'open');
    const bad = await windowAt(4, lcp, { lcp: { before: 1900, points: points(10, 2600) } });
    assert.equal(bad.verdict, 'fail');
  });

  test('is judged to its end where another requirement broke first', async () => {
    const late = [...points(6), 2600, 2700, 2800, 2900];
    const { checks } = await windowAt(6, ['error-rate below 1%', ...lcp], { errorRate: 0.06, lcp: { points: late } });
    assert.deepEqual(
      checks.map(({ verdict }) => verdict),
      ['fail', 'fail'],
    );
  });
});

describe('the fifteen minutes of 000 (PDW-02)', () => {
  const windows = [
    { name: 'watch', from: 0, until: 15 * minute, require: ['error-rate below 1%', 'api-response-time below 500ms'] },
  ];
  for (const { what, errors, p95, exp, says } of [
    { what: 'both within their limits', errors: 0, p95: 420, exp: 'pass', says: undefined },
    {
      what: 'the response time of the Supabase API above its limit',
      ...{ errors: 0, p95: 620, exp: 'fail' },
      says: /^api-response-time below 500ms: api-response-time 620 ms is above the limit of 500 ms$/,
    },
    {
      what: 'the error rate above its limit',
      ...{ errors: 60, p95: 420, exp: 'fail' },
      says: /^error-rate below 1%: error rate 3\.0 % /,
    },
  ]) {
    test(`by Supabase’s own logs, ${what}: ${exp}`, async () => {
      const promoted = Math.floor((Date.now() - 20 * minute) / minute) * minute;
      const server = createServer((request, response) => {
        const { searchParams } = new URL(request.url ?? '', 'http://x');
        const [from = 0, until = 0] = ['start', 'end'].map((end) =>
          Date.parse(searchParams.get(`iso_timestamp_${end}`) ?? ''),
        );
        const rows = (searchParams.get('sql') ?? '').includes('group by minute')
          ? intervalsOf(from, until, minute).map(({ start }) => {
              return { minute: start / 1000, requests: '2000', errors: start < promoted ? 0 : errors, p95 };
            })
          : [{ requests: '500', p95: until <= promoted ? 300 : p95 }];
        response.end(JSON.stringify({ result: rows }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      try {
        const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        const about = { url, token: 'sbp_canary', project: 'abcdefghijklmnopqrst', of: 'edge' as const };
        const [window] = planWindows({ windows });
        assert.ok(window);
        const outcome = await continueWindow({
          source: supabaseLogs({ ...about, apiResponseTime: true, clock: systemClock }),
          rules: window.require.flatMap(({ requirement }) => rulesOf(requirement)).map(parseRule),
          windowMs: 15 * minute,
          intervalMs: minute,
          minRequests: 20,
          baselineMs: 30 * minute,
          since: promoted,
          clock: systemClock,
          signal: new AbortController().signal,
          toTheEnd: true,
          log: () => {},
        });
        const now = Date.now();
        const measured = answerRequirements(window, outcome, now);
        const { verdict, reasons } = judgeWindow(window, { promotedAt: promoted, now, facts: nothing, measured });
        assert.equal(verdict, exp, JSON.stringify(measured));
        assert.equal(reasons.length, says ? 1 : 0);
        if (says) assert.match(reasons[0] ?? '', says);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }
});
