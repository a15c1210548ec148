import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { describeSource } from '../../test/source-contract.ts';
import { type PrometheusSource, prometheus } from './prometheus.ts';

const token = 'canary-prometheus-token';
const requests = 'sum(increase(http_requests_total[{interval}]))';
const errors = 'sum(increase(http_requests_total{code=~"5.."}[{interval}])) or vector(0)';
const make = (url: string, more: Partial<PrometheusSource> = {}) =>
  prometheus({ name: 'prometheus', url, token, requests, errors, clock: systemClock, ...more });

/** What Prometheus 2.42 answers to a range query. */
function matrix(values: Record<string, [number, string][]>): string {
  const result = Object.entries(values).map(([part, points]) => ({
    metric: { ops_actions_part: part },
    values: points,
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

for (const [name, datasource] of [
  ['prometheus', undefined],
  ['grafana', 'uid-1'],
] as const) {
  const prefix = datasource ? `/api/datasources/proxy/uid/${datasource}` : '';
  describeSource({
    name,
    token,
    intervalMs: 60_000,
    make: async (address) => make(address, { name, datasource }),
    isData: (request) => request.url?.startsWith(`${prefix}/api/v1/query_range`) ?? false,
    counts: (response, given) =>
      void response.end(
        matrix({
          requests: [[given.end / 1000, String(given.requests)]],
          errors: [[given.end / 1000, String(given.errors)]],
        }),
      ),
    nothing: (response) => void response.end(matrix({})),
    notANumber: (response, { end }) =>
      void response.end(matrix({ requests: [[end / 1000, 'NaN']], errors: [[end / 1000, 'NaN']] })),
    canBeSwapped: true,
    tellsStale: true,
    nothingMeans: 'no-data',
  });
}

test('rates and shares are refused before the watch begins: counts are needed', () => {
  for (const query of [
    'sum(rate(http_requests_total[{interval}]))',
    'sum(increase(a[{interval}])) / sum(increase(b[{interval}]))',
    'sum(increase(a[5m]))',
  ]) {
    assert.throws(() => make('http://127.0.0.1', { errors: query }), { reasonCode: 'unit_mistake' }, query);
  }
});

test('routes that a rule leaves out stand in the p95 query, where it says so (ARB-05)', async () => {
  let asked = '';
  const server = createServer((request, response) => {
    asked = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
    response.end(matrix({}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const p95 = 'histogram_quantile(0.95, sum by (le) (increase(d_bucket{route!~"{except}"}[{interval}])))';
    await make(url, { p95, except: ['/a.b', '/c'] }).read(0, 60_000, 60_000);
    assert.match(asked, /route!~"\/a\\\\\.b\|\/c"/);
    await make(url, { p95 }).read(0, 60_000, 60_000);
    assert.match(asked, /route!~"ops-actions-no-route"/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('gauges have the unit of their name; per cent where a share belongs is a mistake in the settings', async () => {
  let values = { 'database-cpu': '0.81', lcp: '2.4', queue: '12', memory: 'NaN' };
  const server = createServer((_, response) => {
    const result = Object.entries(values).map(([part, value]) => ({
      metric: { ops_actions_part: part },
      value: [1_700_000_000, value],
    }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const source = make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { gauges: { lcp: 'x' } });
    const found = (await source.readings?.(0, 1_700_000_000_000)) ?? [];
    assert.deepEqual(
      found.map(({ metric, value, unit }) => [metric, value, unit]),
      [
        ['database-cpu', 0.81, 'share'],
        ['lcp', 2400, 'ms'],
        ['queue', 12, 'share'],
      ],
    );
    values = { ...values, 'database-cpu': '81' };
    await assert.rejects(async () => source.readings?.(0, 1), { reasonCode: 'unit_mistake', message: /per cent/ });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
