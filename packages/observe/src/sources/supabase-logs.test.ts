import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { systemClock } from '#http/clock';
import { describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { judgeRule } from '../judge/judge.ts';
import type { Reading } from '../reading.ts';
import { supabaseLogs } from './supabase-logs.ts';

const token = 'sbp_canary-supabase-token';
const start = 1_700_000_040_000;
const make = (url: string, of: 'edge' | 'functions' = 'edge') =>
  supabaseLogs({ url, token, project: 'abcdefghijklmnopqrst', of, clock: systemClock });
const rows = (...result: object[]): string => JSON.stringify({ result });
// ClickHouse gives 64-bit numbers as text.
const row = (from: number, requests: number | string, errors: number | string): object => ({
  minute: String(from / 1000),
  requests,
  errors,
});

for (const logs of ['edge', 'functions'] as const) {
  describeSource({
    name: `supabase-logs, ${logs}`,
    token,
    intervalMs: 60_000,
    make: async (address) => make(address, logs),
    isData: (request) => request.url?.startsWith('/v1/projects/abcdefghijklmnopqrst/analytics/endpoints/logs') ?? false,
    counts: (response, { requests, errors, start: from }) =>
      void response.end(rows(row(from, String(requests), errors))),
    nothing: (response) => void response.end(rows()),
    notANumber: (response, { start: from }) => void response.end(rows(row(from, 'many', 1))),
    tellsStale: true,
    nothingMeans: 'no-data',
  });
}

async function serve<T>(status: number, body: string, use: (address: string, asked: URL[]) => Promise<T>): Promise<T> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    asked.push(new URL(request.url ?? '', 'http://x'));
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an error within an answer of 200 and the removed endpoint (410) are source errors (MET-04, trap 39)', async () => {
  await serve(200, '{"result":null,"error":{"message":"Unknown column source_name"}}', async (address) => {
    await assert.rejects(make(address).read(start, start + 60_000, 60_000), {
      reasonCode: 'query_refused',
      message: /Unknown column/,
    });
  });
  await serve(410, '{"message":"Gone"}', async (address) => {
    await assert.rejects(make(address).read(start, start + 60_000, 60_000), { reasonCode: 'wrong_address' });
  });
});

test('a minute without a row between others had no requests; the time asked for is said in ISO', async () => {
  await serve(200, rows(row(start, 10, 1), row(start + 120_000, 20, 0)), async (address, asked) => {
    const buckets = await make(address, 'functions').read(start, start + 180_000, 60_000);
    assert.ok(!isNoData(buckets));
    assert.deepEqual(
      buckets.map(({ requests, errors }) => [requests, errors]),
      [
        [10, 1],
        [0, 0],
        [20, 0],
      ],
    );
    assert.equal(asked[0]?.searchParams.get('iso_timestamp_start'), '2023-11-14T22:14:00.000Z');
    assert.match(asked[0]?.searchParams.get('sql') ?? '', /from logs where source = 'function_edge_logs'/);
  });
});

test('the newest minutes of a day count, although one answer holds a thousand', async () => {
  const day = 24 * 3_600_000;
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://x');
    const [from, until] = ['start', 'end'].map((end) => Date.parse(searchParams.get(`iso_timestamp_${end}`) ?? ''));
    const minutes = ((until ?? 0) - (from ?? 0)) / 60_000;
    const all = Array.from({ length: minutes }, (_, index) => row((from ?? 0) + index * 60_000, 10, 1));
    response.end(rows(...all.slice(0, 1000)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const buckets = await make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).read(
      start,
      start + day,
      60_000,
    );
    assert.ok(!isNoData(buckets));
    assert.deepEqual([buckets.length, buckets.filter(({ requests }) => requests === 0).length], [1440, 0]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('routes that a rule leaves out do not count for the time of functions, and do for errors (ARB-05)', async () => {
  await serve(200, rows(row(start, 10, 1)), async (address, asked) => {
    const about = {
      url: address,
      token,
      project: 'abcdefghijklmnopqrst',
      of: 'functions' as const,
      clock: systemClock,
    };
    await supabaseLogs({ ...about, except: ['/generate-content', '/reports'] }).read(start, start + 60_000, 60_000);
    const sql = asked[0]?.searchParams.get('sql') ?? '';
    assert.match(
      sql,
      /quantileIf\(0\.95\)\(.*, log_attributes\['request\.pathname'\] not in \('\/generate-content', '\/reports'\)\) as p95/,
    );
    assert.match(
      sql,
      /count\(\) as requests, countIf\(toInt32OrZero\(log_attributes\['response\.status_code'\]\) >= 500\) as errors/,
    );
  });
});

test('failed calls of edge functions per minute are told beside the counts: none, warning, warning, critical (EDG-10)', async () => {
  for (const { errors, expected } of [
    { errors: '5', expected: ['pass', 'pass'] },
    { errors: '6', expected: ['fail', 'pass'] },
    { errors: '20', expected: ['fail', 'pass'] },
    { errors: '21', expected: ['fail', 'fail'] },
  ]) {
    await serve(200, rows({ errors }), async (address, asked) => {
      const about = { url: address, token, project: 'abcdefghijklmnopqrst', of: 'edge' as const, clock: systemClock };
      const source = supabaseLogs({ ...about, functionErrors: true });
      const quiet = { metric: 'function-errors', value: 0, unit: 'count' as const, at: start / 1000, source: 'x' };
      const readings: Reading[] = [quiet];
      for (const after of [300_000, 600_000]) {
        readings.push(...((await source.readings?.(start, start + after)) ?? []));
      }
      const window = { startedAt: start / 1000, intervalSeconds: 60, planned: 15, minRequests: 20 };
      const judged = ['function-errors above 5 per 1m: warning', 'function-errors above 20 per 1m'].map(
        (rule) => judgeRule(parseRule(rule), { ...window, baseline: [], buckets: [], readings }).verdict,
      );
      assert.deepEqual(judged, expected, errors);
      assert.match(asked[0]?.searchParams.get('sql') ?? '', /where source = 'function_edge_logs'/);
      assert.equal(asked[0]?.searchParams.get('iso_timestamp_end'), '2023-11-14T22:18:00.000Z');
    });
  }
  assert.equal(make('http://127.0.0.1:1').readings, undefined, 'nobody asks where no rule names it');
});
