import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { createGitHub } from '#github/client';
import { OwnRequests } from '#observe/own-requests';
import { createSource, type SourceParts } from '#observe/sources/registry';
import { observeWindow } from '#observe/watch';
import { SimulatedClock } from '../../../packages/observe/test/simulated-clock.ts';
import { takenOverBy } from './services.ts';

const minute = 60_000;
const paths = (address: string): SourceParts['vendors'] => ({
  prometheus: {
    url: address,
    requests: 'sum(increase(a[{interval}]))',
    errors: 'sum(increase(b[{interval}]))',
    gauges: { memory: 'm' },
  },
  sentry: { url: address, token: 'sentry-token', organization: 'acme', projects: [1], release: 'abc' },
  datadog: { url: address, apiKey: 'api-key', appKey: 'app-key', requests: 'a', errors: 'b' },
  newRelic: { url: address, apiKey: 'api-key', account: 1, app: 'web' },
  supabaseLogs: { url: address, token: 'supabase-token', project: 'abcdefghijklmnopqrst', of: 'edge' },
});

/** A minute's row in the words of each vendor, for every minute around the time that is asked for. */
function answer(url: URL, now: number): unknown {
  const times = Array.from(
    { length: 120 },
    (_, index) => Math.floor(now / minute) * minute - (index - 5) * minute,
  ).reverse();
  if (url.pathname.includes('/deployments')) return [];
  if (url.pathname.endsWith('/query_range')) {
    const start = Number(url.searchParams.get('start'));
    const ends = Array.from({ length: 60 }, (_, index) => start + index * 60);
    const series = (part: string, value: string) => ({
      metric: { ops_actions_part: part },
      values: ends.map((at) => [at, value]),
    });
    return {
      status: 'success',
      data: { resultType: 'matrix', result: [series('requests', '300'), series('errors', '1')] },
    };
  }
  if (url.pathname.endsWith('/api/v1/query')) return { status: 'success', data: { resultType: 'vector', result: [] } };
  if (url.pathname.endsWith('/events-timeseries/')) {
    const axis = (yAxis: string, value: number) => ({
      yAxis,
      values: times.map((timestamp) => ({ timestamp, value, incomplete: false })),
    });
    return { timeSeries: [axis('count(span.duration)', 300), axis('failure_rate()', 0.003)] };
  }
  if (url.pathname.endsWith('/issues/')) return [];
  if (url.pathname.endsWith('/sessions/')) return { groups: [] };
  if (url.pathname.endsWith('/query/timeseries')) {
    const series = [{ query_index: 0 }, { query_index: 1 }];
    return { data: { attributes: { times, series, values: [times.map(() => 300), times.map(() => 1)] } } };
  }
  if (url.pathname.endsWith('/graphql')) {
    const results = times.map((at) => ({
      beginTimeSeconds: at / 1000,
      endTimeSeconds: at / 1000 + 60,
      requests: 300,
      errors: 1,
    }));
    return { data: { actor: { account: { nrql: { results } } } } };
  }
  return { result: times.map((at) => ({ minute: at / 1000, requests: 300, errors: 1 })) };
}

for (const name of ['prometheus', 'sentry', 'datadog', 'new-relic', 'supabase-logs'] as const) {
  test(`15 minutes at 60 s with ${name}: at most 40 requests to source, lock and ledger, and under 100 MB of heap`, async () => {
    let running = 0;
    const counts = { source: 0, lock: 0 };
    const clock = new SimulatedClock(1_700_000_040_000, () => running > 0);
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', 'http://local');
      counts[url.pathname.includes('/deployments') ? 'lock' : 'source'] += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(url, clock.now())));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const busy = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
      return async (...args: A): Promise<T> => {
        running += 1;
        return await work(...args).finally(() => {
          running -= 1;
        });
      };
    };
    try {
      const made = await createSource(name, { vendors: paths(address), rounds: [], own: new OwnRequests(), clock });
      const source = { ...made, read: busy(made.read), ...(made.readings && { readings: busy(made.readings) }) };
      const github = createGitHub({ apiUrl: address, repository: 'acme/web', token: 'github-token' });
      const superseded = takenOverBy(github, { environment: 'production', key: 'k' });
      assert.ok(superseded);
      const outcome = await observeWindow({
        source,
        rules: [parseRule('error-rate above 2% within 15m')],
        windowMs: 15 * minute,
        intervalMs: minute,
        minRequests: 20,
        baselineMs: 30 * minute,
        superseded: busy(superseded),
        clock,
        signal: new AbortController().signal,
        log: () => {},
      });
      assert.deepEqual(
        [outcome.verdict, outcome.buckets.length, outcome.effectiveIntervalSeconds],
        ['pass', 15, 60],
        outcome.summary,
      );
      assert.ok(counts.source >= 16 && counts.lock >= 15, JSON.stringify(counts));
      assert.ok(counts.source + counts.lock <= 40, JSON.stringify(counts));
      assert.ok(process.memoryUsage().heapUsed < 100_000_000);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}
