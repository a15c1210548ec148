import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { judgeAlert } from '../alerts/judge-alert.ts';
import { planAlerts } from '../alerts/plan-alerts.ts';
import { isNoData } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { type DatadogSource, datadog } from './datadog.ts';

const apiKey = 'canary-datadog-api-key';
const requests = 'sum:trace.next.request.hits{service:web}.as_count()';
const errors = 'default_zero(sum:trace.next.request.errors{service:web}.as_count())';
const make = (url: string, more: Partial<DatadogSource> = {}) =>
  datadog({ url, apiKey, appKey: 'canary-datadog-app-key', requests, errors, clock: contractClock, ...more });

/** The documented shape of POST /api/v2/query/timeseries. */
function v2(times: number[], ...values: (number | null)[][]): string {
  const series = values.map((_, query_index) => ({ group_tags: [], query_index, unit: null }));
  return JSON.stringify({ data: { type: 'timeseries_response', id: '0', attributes: { series, times, values } } });
}

/** The documented shape of GET /api/v1/query. */
function v1(times: number[], ...values: (number | null)[][]): string {
  const series = values.map((points, query_index) => ({
    query_index,
    metric: 'x',
    scope: 'service:web',
    interval: 60,
    pointlist: points.map((value, index) => [times[index], value]),
  }));
  return JSON.stringify({ status: 'ok', res_type: 'time_series', series, query: 'x' });
}

const sandboxed = (sandbox: Sandbox, more: Partial<DatadogSource> = {}) => {
  const { apiUrl: url, apiKey, appKey } = sandbox.description.datadog;
  return datadog({ url, apiKey, appKey, requests, errors, clock: contractClock, ...more });
};
const hex = (length: number) => '0'.repeat(length);

for (const [api, route, nan] of [
  ['v2', '/api/v2/query/timeseries', (start: number) => v2([start], [5], [1]).replace('[5]', '["NaN"]')],
  ['v1', '/api/v1/query', (start: number) => v1([start], [5], [1]).replace(',5]', ',"NaN"]')],
] as const) {
  const made = (more: (keys: { apiKey: string; appKey: string }) => Partial<DatadogSource>) => (sandbox: Sandbox) =>
    sandboxed(sandbox, { api, ...more(sandbox.description.datadog) });
  describeSource({
    name: `datadog ${api}`,
    make: made(() => ({})),
    secret: (sandbox) => sandbox.description.datadog.apiKey,
    asks: { service: 'datadog', route },
    tells: {
      intervalMs: 60_000,
      nothingMeans: 'no-data',
      swapped: made(() => ({ requests: errors, errors: requests })),
      unitMistake: {
        not: 'Datadog computes no share in a query of one metric, and fractions of what it rolls up are right',
      },
      stale: true,
    },
    wrongCredentials: [
      {
        called: 'API key and application key in each other’s place',
        make: made(({ apiKey, appKey }) => ({ apiKey: appKey, appKey: apiKey })),
        reason: 'keys_swapped',
        says: /dd-api-key and dd-app-key are swapped/,
      },
      {
        called: 'the API key as application key, too',
        make: made(({ apiKey }) => ({ appKey: apiKey })),
        reason: 'wrong_credential',
        says: /dd-app-key does not fit: it is an API key/,
      },
      {
        called: 'an application key that may not query',
        make: made(() => ({ appKey: hex(40) })),
        reason: 'source_unauthorized',
        says: /knows dd-api-key, and refuses dd-app-key.*timeseries_query/,
      },
      {
        called: 'a token of another service',
        make: made(() => ({ apiKey: 'NRAK-0000' })),
        reason: 'wrong_credential',
        says: /a user key of New Relic/,
      },
    ],
    wrongSite: {
      called: 'keys of another site',
      make: made(() => ({ apiKey: hex(32), appKey: hex(40) })),
      reason: 'wrong_site',
      says: /knows neither key at 127\.0\.0\.1:\d+: keys belong to one site \(observe\.datadog\.site\)/,
    },
    mistakes: [
      {
        called: 'a query that cannot be read',
        make: made(() => ({ requests: 'hits' })),
        reason: 'query_refused',
        says: /Error parsing query/,
      },
      {
        called: 'several series',
        make: made(() => ({ requests: 'sum:trace.next.request.hits{service:web} by {resource_name}.as_count()' })),
        reason: 'too_many_series',
        says: /leave out "by/,
      },
    ],
    notANumber: ({ start }) => nan(start),
  });
}

async function withDatadog<T>(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  use: (address: string) => Promise<T>,
): Promise<T> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const start = 1_700_000_040_000;

test('an error within an answer of 200 is a refused query, never zero errors (MET-02)', async () => {
  const answers: [DatadogSource['api'], string][] = [
    ['v1', '{"status":"error","error":"Error parsing query"}'],
    ['v2', '{"errors":"query_value: invalid"}'],
  ];
  for (const [api, body] of answers) {
    await withDatadog(
      (_, response) => void response.end(body),
      async (address) => {
        await assert.rejects(make(address, { api }).read(start, start + 60_000, 60_000), {
          reasonCode: 'query_refused',
        });
      },
    );
  }
});

test('requests without a row of errors are no data that says how to write the query', async () => {
  await withDatadog(
    (_, response) => void response.end(v2([start], [10], [null])),
    async (address) => {
      const answer = await make(address).read(start, start + 60_000, 60_000);
      assert.ok(isNoData(answer));
      assert.deepEqual([answer.noData, /give 0/.test(answer.message)], ['no_error_rows', true]);
    },
  );
});

test('several series where one is asked for are a mistake in the query', async () => {
  const body = JSON.parse(v2([start], [10], [1]));
  body.data.attributes.series[1].query_index = 0;
  await withDatadog(
    (_, response) => void response.end(JSON.stringify(body)),
    async (address) => {
      await assert.rejects(make(address).read(start, start + 60_000, 60_000), { reasonCode: 'too_many_series' });
    },
  );
});

test('monitors are read by id; one that says nothing is not taken for one that is fine', async () => {
  let now = Date.now();
  const sandbox = await startSandbox({ postgres: false, now: () => now });
  try {
    const { monitor } = sandbox.description.datadog;
    const states: (number | undefined)[] = [];
    for (const failed of [undefined, 1, 20]) {
      now += 600_000;
      if (failed !== undefined) {
        sandbox.monitoring.traffic.add({ at: now - 60_000, status: 200 }, 100);
        sandbox.monitoring.traffic.add({ at: now - 60_000, status: 500 }, failed);
      }
      const readings = (await sandboxed(sandbox, { monitors: [monitor] }).readings?.(now - 600_000, now)) ?? [];
      states.push(readings[0]?.value);
    }
    assert.deepEqual(states, [undefined, 0, 1]);
    const unknown = sandboxed(sandbox, { monitors: [7] }).readings?.(now - 600_000, now);
    await assert.rejects(unknown ?? assert.fail(), { reasonCode: 'wrong_address' });
  } finally {
    await sandbox.close();
  }
});

describe('the distribution of errors by endpoint (MET-02)', () => {
  const endpoints = 'sum:trace.next.request.errors{service:web} by {resource_name}.as_count()';
  /** The documented shape of POST /api/v2/query/scalar. */
  const scalars = (rows: [string[], number | null][], grouped = true) =>
    JSON.stringify({
      data: {
        type: 'scalar_response',
        attributes: {
          columns: [
            ...(grouped ? [{ name: 'resource_name', type: 'group', values: rows.map(([tags]) => tags) }] : []),
            { name: 'endpoints', type: 'number', values: rows.map(([, value]) => value), meta: { unit: null } },
          ],
        },
      },
    });
  async function read(body: string): Promise<{ readings: Reading[]; asked: Record<string, unknown>[] }> {
    const asked: Record<string, unknown>[] = [];
    const readings = await withDatadog(
      async (request, response) => {
        let text = '';
        for await (const chunk of request) text += chunk;
        asked.push({ path: request.url, ...JSON.parse(text).data });
        response.end(body);
      },
      async (address) => (await make(address, { endpoints }).readings?.(start, start + 300_000)) ?? [],
    );
    return { readings, asked };
  }

  test('the endpoints with the most failed requests are told, in one question, and stand beside a broken limit', async () => {
    const { readings, asked } = await read(
      scalars([
        [['get_/api/notes'], 31],
        [['post_/api/login'], 2],
        [['get_/health'], 0],
        [['get_/none'], null],
      ]),
    );
    assert.deepEqual(
      readings.map(({ metric, about, value }) => [metric, about, value]),
      [
        ['failed-endpoint', 'get_/api/notes', 31],
        ['failed-endpoint', 'post_/api/login', 2],
      ],
    );
    const [{ path, type, attributes } = {}] = asked;
    assert.deepEqual([asked.length, path, type], [1, '/api/v2/query/scalar', 'scalar_request']);
    assert.deepEqual(attributes, {
      from: start,
      to: start + 300_000,
      queries: [{ data_source: 'metrics', query: endpoints, name: 'endpoints', aggregator: 'sum' }],
      formulas: [{ formula: 'endpoints', limit: { count: 5, order: 'desc' } }],
    });
    const { alerts } = planAlerts([{ when: 'error-rate above 1%' }]);
    const buckets = Array.from({ length: 15 }, (_, index) => ({
      ...{ start: start / 1000 + index * 60, end: start / 1000 + (index + 1) * 60 },
      ...{ requests: 1_000, errors: 100 },
    }));
    const window = { source: 'datadog' as const, buckets, startedAt: start / 1000, intervalSeconds: 60 };
    const facts = { now: start / 1000 + 900, windows: [window], blind: '', unread: '', minRequests: 30 };
    const finding = judgeAlert(alerts[0] ?? assert.fail(), { ...facts, readings, combine: 'primary' });
    assert.equal(finding.state, 'firing');
    assert.deepEqual(
      finding.samples?.map(({ said }) => said),
      ['failed at get_/api/notes (31)', 'failed at post_/api/login (2)'],
    );
  });

  test('a query without a tag is a mistake, nothing failed is nothing, and an error within 200 is a refusal', async () => {
    await assert.rejects(read(scalars([[[], 31]], false)), { reasonCode: 'unit_mistake', message: /by which tag/ });
    assert.deepEqual((await read(scalars([]))).readings, []);
    await assert.rejects(read('{"errors":["query: invalid"]}'), { reasonCode: 'query_refused' });
    await assert.rejects(read('{"data":{}}'), { reasonCode: 'source_bad_answer' });
  });
});
