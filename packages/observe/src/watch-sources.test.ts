import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Combination } from '#config/settings';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { countsNothing } from './bucket.ts';
import { OwnRequests } from './own-requests.ts';
import { intervalsOf, type ObservationSource, SourceError } from './source.ts';
import { createSource, type VendorParts } from './sources/registry.ts';
import { observeWindow, type WatchOutcome } from './watch.ts';

interface Behaviour extends Partial<ObservationSource> {
  errors?: number;
  /** Every reading fails with this reason. */
  reason?: string;
  onRead?: (until: number) => void;
}

function source({ errors = 0, reason, onRead, ...more }: Behaviour): ObservationSource {
  return {
    name: 'sentry',
    granularityMs: 0,
    denominator: 'requests',
    readAfterMs: [0],
    looksBack: false,
    async open() {},
    async read(from, until, intervalMs) {
      onRead?.(until);
      if (reason) throw new SourceError(reason, `it says ${reason}`);
      return intervalsOf(from, until, intervalMs).map(({ start, end }) => ({
        start: start / 1000,
        end: end / 1000,
        requests: 300,
        errors,
      }));
    },
    async close() {},
    ...more,
  };
}

async function watch(
  all: ObservationSource[],
  combine?: Combination,
  clock = new SimulatedClock(),
): Promise<WatchOutcome & { lines: string[] }> {
  const [first, ...others] = all;
  assert.ok(first);
  const lines: string[] = [];
  const outcome = await observeWindow({
    source: first,
    others,
    combine,
    rules: [parseRule('error-rate above 2% within 15m')],
    windowMs: 15 * 60_000,
    intervalMs: 60_000,
    minRequests: 20,
    baselineMs: 0,
    clock,
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
  });
  return { ...outcome, lines };
}

test('one source is down: the next one judges, alone and with its own words, and the summary says so (MET-20)', async () => {
  const down = source({ reason: 'source_unavailable' });
  const good = source({ name: 'datadog', denominator: 'requests that Datadog counted' });
  const { verdict, source: judged, denominator, summary, requests } = await watch([down, good]);
  assert.deepEqual(
    [verdict, judged, denominator, requests],
    ['pass', 'datadog', 'requests that Datadog counted', 15 * 300],
  );
  assert.match(summary, /judged by datadog; sentry could not be read \(it says source_unavailable\)/);
});

test('what stands in for another source is asked where that one does not speak, and then about all of the time', async () => {
  const minute = 60_000;
  const downFrom = async (from: number): Promise<[number[], WatchOutcome]> => {
    const clock = new SimulatedClock();
    const asked: number[] = [];
    const at = clock.now();
    const passed = (until: number) => Math.round((until - at) / minute);
    const first = source({ looksBack: true });
    const { read } = first;
    first.read = async (since, until, intervalMs) => {
      if (passed(until) >= from) throw new SourceError('source_unavailable', 'it is down');
      return await read(since, until, intervalMs);
    };
    const standIn = source({ name: 'datadog', looksBack: true, onRead: (until) => asked.push(passed(until)) });
    return [asked, await watch([first, standIn], 'primary', clock)];
  };
  assert.deepEqual((await downFrom(16))[0], [], 'never where the first one speaks');
  const [asked, { source: judged, buckets, verdict }] = await downFrom(10);
  // Nine of twelve intervals are three quarters: from the thirteenth on the first one no longer speaks.
  assert.deepEqual([asked, judged, buckets.length, verdict], [[13, 14, 15], 'datadog', 15, 'pass']);
});

test('a source that only tells numbers is not told as one that could not be read', async () => {
  const beside = source({ name: 'json-values', read: async () => countsNothing('json-values') });
  const { verdict, summary, lines } = await watch([source({ name: 'datadog' }), beside]);
  assert.deepEqual([verdict, summary.includes('json-values')], ['pass', false], summary);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('No data')),
    [],
  );
  const alone = await watch([beside]);
  assert.deepEqual([alone.verdict, alone.noData?.noData], ['no-data', 'counts_nothing']);
  assert.match(alone.summary, /json-values tells numbers and counts no requests/);
});

test('without Observability Plus (402) the logs stand in, and observability is not asked again', async () => {
  let asked = 0;
  const plus = source({
    name: 'vercel-observability',
    reason: 'observability_plus_missing',
    onRead: () => {
      asked += 1;
    },
  });
  const { verdict, source: judged, summary } = await watch([plus, source({ name: 'vercel-runtime-logs' })]);
  assert.deepEqual([verdict, judged, asked], ['pass', 'vercel-runtime-logs', 1]);
  assert.match(summary, /vercel-observability could not be read/);
});

test('one failing source is enough for any, not for all; all say that they disagree', async () => {
  const make = (): ObservationSource[] => [source({}), source({ name: 'datadog', errors: 30 })];
  assert.deepEqual([(await watch(make(), 'any')).verdict, (await watch(make(), 'any')).source], ['fail', 'datadog']);
  const all = await watch(make(), 'all');
  assert.deepEqual([all.verdict, all.reasonCode], ['inconclusive', 'sources_disagree']);
  assert.equal((await watch(make(), 'primary')).verdict, 'pass');
});

test('the interval is the longest of what each source can tell apart, and the log says so', async () => {
  const { effectiveIntervalSeconds, lines } = await watch([
    source({}),
    source({ name: 'datadog', granularityMs: 300_000 }),
  ]);
  assert.equal(effectiveIntervalSeconds, 300);
  assert.ok(
    lines.some((line) => line.includes('datadog counts per 300 s')),
    lines.join('\n'),
  );
});

test('sources that count nothing make no interval longer: what they are beside is judged as fast as without them', async () => {
  const url = 'http://127.0.0.1:9';
  const clock = new SimulatedClock();
  const vendors: VendorParts = {
    jsonValues: { values: { memory: { url, value: '$.memory' } } },
    sql: { url: 'postgres://localhost/postgres', values: { memory: 'SELECT 1 AS value' } },
    stripe: { url, apiKey: 'rk_test' },
    supabaseMetrics: { url, token: 'sbp', project: 'p' },
  };
  const parts = {
    vendors,
    vercel: { apiUrl: url, token: 't', project: 'prj_1' },
    rounds: [],
    own: new OwnRequests(),
    clock,
  };
  const names = ['vercel-metrics', 'json-values', 'stripe', 'supabase-metrics', 'sql'] as const;
  const beside = await Promise.all(names.map((name) => createSource(name, parts)));
  const quiet = beside.map((one) => ({ ...one, open: async () => {}, readings: async () => [] }));
  const started = clock.now();
  const outcome = await observeWindow({
    source: source({ name: 'vercel-runtime-logs', errors: 60 }),
    others: quiet,
    rules: [parseRule('error-rate above 2% within 15m')],
    windowMs: 15 * 60_000,
    intervalMs: 30_000,
    minRequests: 20,
    baselineMs: 0,
    clock,
    signal: new AbortController().signal,
    log: (line) => assert.doesNotMatch(line, /counts per/),
  });
  assert.deepEqual([outcome.verdict, outcome.effectiveIntervalSeconds], ['fail', 30]);
  assert.ok(clock.now() - started <= 60_000, `${clock.now() - started} ms`);
});

test('the last interval is read again when late counts have settled', async () => {
  const clock = new SimulatedClock();
  const reads: number[] = [];
  const late = source({ readAfterMs: [15_000], settledAfterMs: 75_000, onRead: () => void reads.push(clock.now()) });
  const started = clock.now();
  await watch([late], undefined, clock);
  assert.equal(reads.length, 16);
  assert.deepEqual(
    reads.slice(-2).map((at) => (at - started) / 1000),
    [915, 975],
  );
});

test('readings beside the counts come every five minutes and at the end, and a failed one does not hide the verdict', async () => {
  let asked = 0;
  const readings = async () => {
    asked += 1;
    if (asked === 4) throw new SourceError('source_unavailable', 'down');
    return [{ metric: 'new-issues', value: asked, unit: 'count' as const, at: 0, source: 'sentry' }];
  };
  const outcome = await watch([source({ readings })]);
  assert.deepEqual([outcome.verdict, asked, outcome.readings[0]?.value], ['pass', 4, 3]);
  assert.ok(outcome.lines.some((line) => line.includes('No readings from sentry: down')));
});

test('of a group each project is judged by its own requests: one that is bad fails all, and no counts are added', async () => {
  const lead = source({ name: 'vercel-runtime-logs', denominator: 'function requests' });
  const admin = (more: Behaviour) =>
    source({ name: 'vercel-runtime-logs', app: 'admin', denominator: 'function requests of admin', ...more });
  const bad = await watch([lead, admin({ errors: 30 })]);
  assert.deepEqual([bad.verdict, bad.denominator], ['fail', 'function requests of admin'], bad.summary);
  assert.deepEqual([bad.requests % 300, bad.errors / bad.requests], [0, 0.1]);
  assert.match(bad.summary, /judged by vercel-runtime-logs of admin; of each project: the first one \w+ with 0 errors/);

  const good = await watch([lead, admin({})]);
  assert.deepEqual([good.verdict, good.denominator, good.requests], ['pass', 'function requests', 15 * 300]);
  assert.deepEqual(
    good.apps?.map(({ app, verdict, requests }) => [app, verdict, requests]),
    [
      [undefined, 'pass', 15 * 300],
      ['admin', 'pass', 15 * 300],
    ],
  );
});

test('of a group one that could not be read, or has too few requests, keeps all from passing, and is told by name', async () => {
  const lead = source({ name: 'vercel-runtime-logs' });
  const blind = source({ name: 'vercel-runtime-logs', app: 'admin', reason: 'apps_unknown' });
  const unseen = await watch([lead, blind]);
  assert.deepEqual([unseen.verdict, unseen.reasonCode], ['no-data', 'source_blind']);
  assert.match(unseen.summary, /admin no-data \(it says apps_unknown\)/);

  const quiet = source({
    name: 'vercel-runtime-logs',
    app: 'admin',
    read: async (from, until, intervalMs) =>
      intervalsOf(from, until, intervalMs).map(({ start, end }, index) => ({
        start: start / 1000,
        end: end / 1000,
        requests: index === 0 ? 1 : 0,
        errors: 0,
      })),
  });
  const held = await watch([lead, quiet]);
  assert.deepEqual([held.verdict, held.reasonCode], ['inconclusive', 'too_little_traffic'], held.summary);
  assert.match(held.summary, /of each project: the first one pass with 0 errors in 4500 requests, admin inconclusive/);
});

test('of a group one whose requests collapse keeps all from passing, also from an early end, and is told by name', async () => {
  const clock = new SimulatedClock();
  const startsAt = clock.now();
  const counting = (app: string | undefined, requests: number) =>
    source({
      name: 'vercel-observability',
      looksBack: true,
      ...(app !== undefined && { app }),
      read: async (from, until, intervalMs) =>
        intervalsOf(from, until, intervalMs).map(({ start, end }) => ({
          start: start / 1000,
          end: end / 1000,
          requests: start < startsAt ? 300 : requests,
          errors: 0,
        })),
    });
  const watched = (requests: number) =>
    observeWindow({
      source: counting(undefined, 300),
      others: [counting('admin', requests)],
      rules: [parseRule('error-rate above 20% within 15m')],
      windowMs: 15 * 60_000,
      intervalMs: 60_000,
      minRequests: 20,
      baselineMs: 30 * 60_000,
      mayEndEarly: true,
      clock: new SimulatedClock(startsAt),
      signal: new AbortController().signal,
      log: () => {},
    });
  const fallen = await watched(10);
  assert.deepEqual([fallen.verdict, fallen.reasonCode], ['inconclusive', 'traffic_collapsed'], fallen.summary);
  assert.match(
    fallen.summary,
    /^requests fell to 3 % .* \(judged by vercel-observability of admin; .* admin inconclusive/,
  );
  assert.deepEqual(
    fallen.apps?.map(({ verdict }) => verdict),
    ['pass', 'inconclusive'],
  );
  assert.equal((await watched(300)).reasonCode, 'passed_early');
});

test('of a group the sources of one project stand in for each other, and never for another project', async () => {
  const plus = (app?: string) =>
    source({ name: 'vercel-observability', reason: 'observability_plus_missing', ...(app && { app }) });
  const logs = (errors: number, app?: string) => source({ name: 'vercel-runtime-logs', errors, ...(app && { app }) });
  const both = await watch([plus(), logs(0), plus('admin'), logs(0, 'admin')]);
  assert.deepEqual([both.verdict, both.source], ['pass', 'vercel-runtime-logs']);
  const one = await watch([plus(), logs(0), plus('admin')]);
  assert.equal(one.verdict, 'no-data', 'the logs of the first one say nothing about admin');
});

test('of a group the further ones are not asked for what their sources do not tell', async () => {
  const clock = new SimulatedClock();
  const p95 = (start: number, end: number) => ({
    start: start / 1000,
    end: end / 1000,
    requests: 300,
    errors: 0,
    p95: 80,
  });
  const outcome = await observeWindow({
    source: source({
      read: async (from, until, intervalMs) =>
        intervalsOf(from, until, intervalMs).map((one) => p95(one.start, one.end)),
    }),
    others: [source({ name: 'vercel-runtime-logs', app: 'admin' })],
    rules: ['error-rate above 2% within 15m', 'p95 above 5s within 15m'].map(parseRule),
    windowMs: 15 * 60_000,
    intervalMs: 60_000,
    minRequests: 20,
    baselineMs: 0,
    clock,
    signal: new AbortController().signal,
    log: () => {},
  });
  assert.equal(outcome.verdict, 'pass', outcome.summary);
});

test('a watch of a group is handed off only where a later run can look back at every project', async () => {
  const handedOff = async (looksBack: boolean) => {
    const outcome = await observeWindow({
      source: source({ looksBack: true }),
      others: [source({ name: 'vercel-runtime-logs', app: 'admin', looksBack })],
      rules: [parseRule('error-rate above 2% within 15m')],
      windowMs: 15 * 60_000,
      intervalMs: 60_000,
      minRequests: 20,
      baselineMs: 0,
      handOffMs: 120_000,
      clock: new SimulatedClock(),
      signal: new AbortController().signal,
      log: () => {},
    });
    return outcome.reasonCode === 'window_open';
  };
  assert.deepEqual([await handedOff(true), await handedOff(false)], [true, false]);
});
