import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { type DatadogSource, datadog } from './datadog.ts';

const apiKey = 'canary-datadog-api-key';
const requests = 'sum:trace.next.request.hits{service:web}.as_count()';
const errors = 'default_zero(sum:trace.next.request.errors{service:web}.as_count())';
const make = (url: string, more: Partial<DatadogSource> = {}) =>
  datadog({ url, apiKey, appKey: 'canary-datadog-app-key', requests, errors, clock: systemClock, ...more });

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

for (const [api, render] of [
  ['v2', v2],
  ['v1', v1],
] as const) {
  describeSource({
    name: `datadog ${api}`,
    token: apiKey,
    intervalMs: 60_000,
    make: async (address) => make(address, { api }),
    isData: (request) => request.url?.startsWith(api === 'v2' ? '/api/v2/query/timeseries' : '/api/v1/query') ?? false,
    counts: (response, given) => void response.end(render([given.start], [given.requests], [given.errors])),
    nothing: (response) => void response.end(render([])),
    notANumber: (response, { start }) =>
      void response.end(render([start], [5], [1]).replace('[5]', '["NaN"]').replace(',5]', ',"NaN"]')),
    canBeSwapped: true,
    tellsStale: true,
    nothingMeans: 'no-data',
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
  const states: Record<string, string> = { 1: 'Alert', 2: 'OK', 3: 'No Data' };
  await withDatadog(
    (request, response) => {
      const id = request.url?.split('/').at(-1) ?? '';
      response.end(JSON.stringify({ id: Number(id), name: `monitor ${id}`, overall_state: states[id] }));
    },
    async (address) => {
      const readings = (await make(address, { monitors: [1, 2, 3] }).readings?.(start, start + 60_000)) ?? [];
      assert.deepEqual(
        readings.map(({ metric, value }) => [metric, value]),
        [
          ['monitor', 1],
          ['monitor', 0],
        ],
      );
    },
  );
});

test('both keys go in their own headers, and an answer of 403 names the site and swapped keys', async () => {
  let seen: IncomingMessage['headers'] = {};
  await withDatadog(
    (request, response) => {
      seen = request.headers;
      response.writeHead(403).end('{"errors":["Forbidden"]}');
    },
    async (address) => {
      await assert.rejects(make(address).read(start, start + 60_000, 60_000), {
        reasonCode: 'source_unauthorized',
        message: /swapped.*observe\.datadog\.site/,
      });
    },
  );
  assert.deepEqual([seen['dd-api-key'], seen['dd-application-key']], [apiKey, 'canary-datadog-app-key']);
});
