import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { type PrometheusSource, prometheus } from './prometheus.ts';

const token = 'canary-prometheus-token';
const requests = 'sum(increase(http_requests_total[{interval}]))';
const errors = 'sum(increase(http_requests_total{code=~"5.."}[{interval}])) or vector(0)';
const make = (url: string, more: Partial<PrometheusSource> = {}) =>
  prometheus({ name: 'prometheus', url, token, requests, errors, clock: contractClock, ...more });

/** What Prometheus 2.42 answers to a range query. */
function matrix(values: Record<string, [number, string][]>): string {
  const result = Object.entries(values).map(([part, points]) => ({
    metric: { ops_actions_part: part },
    values: points,
  }));
  return JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } });
}

const of = (sandbox: Sandbox, name: 'prometheus' | 'grafana', more: Partial<PrometheusSource> = {}) =>
  prometheus({ name, requests, errors, clock: contractClock, ...sandbox.description[name], ...more });

for (const name of ['prometheus', 'grafana'] as const) {
  const path = name === 'grafana' ? '/api/datasources/proxy/uid/sandbox' : '';
  const withToken = (called: string, token: string, reason: string, says: RegExp) => ({
    called,
    make: (sandbox: Sandbox) => of(sandbox, name, { token }),
    reason,
    says,
  });
  describeSource({
    name,
    make: (sandbox) => of(sandbox, name),
    secret: (sandbox) => sandbox.description[name].token,
    asks: { service: name, route: `${path}/api/v1/query_range` },
    tells: {
      intervalMs: 60_000,
      nothingMeans: 'no-data',
      swapped: (sandbox) => of(sandbox, name, { requests: errors, errors: requests }),
      unitMistake: (sandbox) => of(sandbox, name, { errors: 'sum(rate(http_requests_total[{interval}]))' }),
      stale: true,
    },
    wrongCredentials:
      name === 'prometheus'
        ? [
            withToken('a token of Grafana', 'glsa_0000_1', 'wrong_credential', /a service account of Grafana/),
            withToken('a token that is not known', 'nobody', 'source_unauthorized', /prometheus-url, prometheus-token/),
          ]
        : [
            withToken('a token of Grafana Cloud', 'glc_0000', 'wrong_credential', /an access policy token/),
            withToken('a token that is not known', 'glsa_0000_1', 'source_unauthorized', /grafana-url, grafana-token/),
          ],
    wrongSite:
      name === 'prometheus'
        ? {
            called: 'the address of Grafana',
            make: (sandbox) => of(sandbox, name, { url: sandbox.description.grafana.url }),
            reason: 'wrong_address',
            says: /Check prometheus-url/,
          }
        : {
            called: 'the address of Prometheus itself',
            make: (sandbox) => of(sandbox, name, { url: sandbox.description.prometheus.url }),
            reason: 'wrong_address',
            says: /Check grafana-url/,
          },
    mistakes: [
      {
        called: 'a query that cannot be read',
        make: (sandbox) => of(sandbox, name, { requests: 'sum(increase(http_requests_total[{interval}])' }),
        reason: 'query_refused',
        says: /parse error/,
      },
      {
        called: 'several series',
        make: (sandbox) => of(sandbox, name, { requests: 'increase(http_requests_total[{interval}])' }),
        reason: 'too_many_series',
        says: /wrap it in sum/,
      },
      {
        called: 'a label that never came',
        make: (sandbox) => of(sandbox, name, { errors: 'sum(increase(http_requests_total{code="503"}[{interval}]))' }),
        reason: 'no_error_rows',
        says: /let it give 0/,
      },
      ...(name === 'grafana'
        ? [
            {
              called: 'a data source that is not there',
              make: (sandbox: Sandbox) => of(sandbox, name, { datasource: 'other' }),
              reason: 'wrong_address',
              says: /404/,
            },
          ]
        : []),
    ],
    notANumber: ({ end }) => matrix({ requests: [[end / 1000, 'NaN']], errors: [[end / 1000, 'NaN']] }),
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

test('gauges of a window that is over come from one range query, a point for each interval (PDW-02)', async () => {
  let asked = new URLSearchParams();
  let values: [number, string][] = [
    [1_700_000_060, '2.4'],
    [1_700_000_120, 'NaN'],
    [1_700_000_180, '2.6'],
  ];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    assert.equal(pathname, '/api/v1/query_range');
    asked = searchParams;
    response.end(matrix({ lcp: values }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const gauges = { lcp: 'max_over_time(lcp_seconds[{interval}])' };
    const source = make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { gauges });
    const [from, until] = [1_700_000_000_000, 1_700_000_180_000];
    const found = (await source.readingsOver?.(from, until, 60_000)) ?? [];
    assert.deepEqual(
      found.map(({ metric, value, unit, at }) => [metric, value, unit, at]),
      [
        ['lcp', 2400, 'ms', 1_700_000_060],
        ['lcp', 2600, 'ms', 1_700_000_180],
      ],
    );
    assert.deepEqual([asked.get('start'), asked.get('end'), asked.get('step')], ['1700000060', '1700000180', '60']);
    assert.match(asked.get('query') ?? '', /lcp_seconds\[60s\]/);
    await source.readingsOver?.(from, from + 600_000, 300_000);
    assert.match(asked.get('query') ?? '', /lcp_seconds\[300s\]/);
    values = [[1_700_000_060, '2400']];
    await assert.rejects(async () => source.readingsOver?.(from, until, 60_000), { reasonCode: 'unit_mistake' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
