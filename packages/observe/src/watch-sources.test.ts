import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Combination } from '#config/settings';
import { SimulatedClock } from '../test/simulated-clock.ts';
import { intervalsOf, type ObservationSource, SourceError } from './source.ts';
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
