import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { judgeRule } from '../judge/judge.ts';
import type { Reading } from '../reading.ts';
import { type SupabaseLogsSource, supabaseLogs } from './supabase-logs.ts';

const token = 'sbp_canary-supabase-token';
const start = 1_700_000_040_000;
const make = (url: string, of: 'edge' | 'functions' = 'edge') =>
  supabaseLogs({ url, token, project: 'abcdefghijklmnopqrst', of, clock: contractClock });
const rows = (...result: object[]): string => JSON.stringify({ result });
// ClickHouse gives 64-bit numbers as text.
const row = (from: number, requests: number | string, errors: number | string): object => ({
  minute: String(from / 1000),
  requests,
  errors,
});

const keys: [called: string, token: string, reason: string, says: RegExp][] = [
  [
    'the anon or service_role key of the project',
    'eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2ln',
    'wrong_credential',
    /anon and service_role/,
  ],
  ['the secret key of the project', 'sb_secret_0000', 'wrong_credential', /a secret key of a Supabase project.*sbp_/],
  ['the publishable key of the project', 'sb_publishable_0000', 'wrong_credential', /a publishable key/],
  ['an access token that is not known', 'sbp_0000', 'source_unauthorized', /Check supabase-access-token/],
];

for (const logs of ['edge', 'functions'] as const) {
  const of = (sandbox: Sandbox, more: Partial<SupabaseLogsSource> = {}) => {
    const { apiUrl: url, ...project } = sandbox.description.supabase;
    return supabaseLogs({ url, ...project, of: logs, clock: contractClock, ...more });
  };
  describeSource({
    name: `supabase-logs, ${logs}`,
    make: (sandbox) => of(sandbox),
    secret: (sandbox) => sandbox.description.supabase.token,
    asks: { service: 'supabase', route: '/v1/projects/:ref/analytics/endpoints/logs' },
    tells: {
      intervalMs: 60_000,
      nothingMeans: 'no-data',
      serve(sandbox, { requests, errors, start, end }) {
        for (let index = 0; index < requests; index += 1) {
          const at = Math.floor(start + ((index + 0.5) * (end - start)) / requests);
          const path = logs === 'functions' || index % 2 === 0 ? '/functions/v1/greet' : '/rest/v1/notes';
          sandbox.supabase.requests.push({ at, path, status: index < errors ? 500 : 200, durationMs: 30 });
        }
      },
      swapped: { not: 'requests and their errors are counted by one query of ours' },
      unitMistake: { not: 'requests and their errors are counted by one query of ours' },
      stale: true,
    },
    wrongCredentials: keys.map(([called, key, reason, says]) => ({
      ...{ called, reason, says },
      make: (sandbox: Sandbox) => of(sandbox, { token: key }),
    })),
    wrongSite: {
      called: 'a project of somebody else',
      make: (sandbox) => of(sandbox, { project: 'a'.repeat(20) }),
      reason: 'wrong_address',
      says: /observe\.supabase-logs\.project/,
    },
    notANumber: ({ start: from }) => rows(row(from, 'many', 1)),
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
      clock: contractClock,
    };
    await supabaseLogs({ ...about, except: ['/generate-content', '/reports'] }).read(start, start + 60_000, 60_000);
    const sql = asked[0]?.searchParams.get('sql') ?? '';
    assert.match(
      sql,
      /quantileIf\(0\.95\)\(.* and log_attributes\['request\.pathname'\] not in \('\/generate-content', '\/reports'\)\) as p95/,
    );
    assert.match(
      sql,
      /count\(\) as requests, countIf\(toInt32OrZero\(log_attributes\['response\.status_code'\]\) >= 500\) as errors/,
    );
  });
});

test('the response time of the API is what its gateway waited for, in milliseconds; a minute without one has none (MET-04)', async () => {
  const timed = { ...row(start, '10', 1), p95: 420.5 };
  const untimed = { ...row(start + 60_000, 3, 0), p95: null };
  await serve(200, rows(timed, untimed), async (address, asked) => {
    const buckets = await make(address).read(start, start + 120_000, 60_000);
    assert.ok(!isNoData(buckets));
    assert.deepEqual(
      buckets.map(({ requests, p95 }) => [requests, p95]),
      [
        [10, 420.5],
        [3, undefined],
      ],
    );
    const time = "toFloat64OrZero(log_attributes['response.origin_time'])";
    const sql = asked[0]?.searchParams.get('sql') ?? '';
    assert.ok(sql.includes(`quantileIf(0.95)(${time}, ${time} > 0) as p95 from logs where source = 'edge_logs'`), sql);
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
      const about = { url: address, token, project: 'abcdefghijklmnopqrst', of: 'edge' as const, clock: contractClock };
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

test('the response time of the API over a window comes in parts, each of at least 20 requests (PDW-02)', async () => {
  const about = { token, project: 'abcdefghijklmnopqrst', of: 'functions' as const, clock: contractClock };
  await serve(200, rows({ requests: '400', p95: 612.5 }), async (address, asked) => {
    const source = supabaseLogs({ ...about, url: address, apiResponseTime: true });
    const points = (await source.readingsOver?.(start, start + 900_000, 60_000)) ?? [];
    assert.deepEqual(
      points.map(({ metric, value, unit, at, periodMs, samples }) => [metric, value, unit, at, periodMs, samples]),
      [1, 2, 3].map((part) => ['api-response-time', 612.5, 'ms', start / 1000 + part * 300, 300_000, 400]),
    );
    const sql = asked[0]?.searchParams.get('sql') ?? '';
    assert.match(sql, /^select countIf\(.*origin_time.*\) as requests, quantileIf.* where source = 'edge_logs'$/);
    assert.deepEqual(
      asked.map(({ searchParams }) => searchParams.get('iso_timestamp_end')?.slice(11, 19)),
      ['22:19:00', '22:24:00', '22:29:00'],
    );
    assert.equal((await source.readingsOver?.(start, start + 60 * 3_600_000, 60_000))?.length, 5, 'no part of a day');
  });
  await serve(200, rows({ requests: '19', p95: 612.5 }), async (address) => {
    const source = supabaseLogs({ ...about, url: address, apiResponseTime: true });
    assert.deepEqual(await source.readingsOver?.(start, start + 900_000, 60_000), []);
    assert.deepEqual(await source.readings?.(start, start + 900_000), []);
  });
  assert.equal(make('http://127.0.0.1:1').readingsOver, undefined, 'nobody asks where no rule names it');
});
