import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { type NewRelicSource, newRelic } from './new-relic.ts';

const apiKey = 'canary-new-relic-key';
const make = (url: string) => newRelic({ url, apiKey, account: 42, app: "web's app", clock: contractClock });
const start = 1_700_000_040_000;

/** The documented shape of a TIMESERIES query through NerdGraph. */
function nerdGraph(results: object[], errors?: object[]): string {
  return JSON.stringify({
    data: { actor: { account: errors ? null : { nrql: { results } } } },
    ...(errors && { errors }),
  });
}
const row = (from: number, requests: unknown, errors: unknown): object => {
  return { beginTimeSeconds: from / 1000, endTimeSeconds: from / 1000 + 60, requests, errors, p95: { 95: 0.45 } };
};

const sandboxed = (sandbox: Sandbox, more: Partial<NewRelicSource> = {}) => {
  const { apiUrl: url, ...of } = sandbox.description.newRelic;
  return newRelic({ url, ...of, clock: contractClock, ...more });
};
const withKey = (called: string, key: string, says: RegExp, reason = 'wrong_credential') => ({
  called,
  make: (sandbox: Sandbox) => sandboxed(sandbox, { apiKey: key }),
  reason,
  says,
});

describeSource({
  name: 'new-relic',
  make: (sandbox) => sandboxed(sandbox),
  secret: (sandbox) => sandbox.description.newRelic.apiKey,
  asks: { service: 'new-relic', route: '/graphql' },
  tells: {
    intervalMs: 60_000,
    nothingMeans: 'no-data',
    swapped: { not: 'all transactions and the failed ones are counted by one question of ours' },
    unitMistake: {
      not: 'transactions are counted by a question of ours; only the condition of a failed one is a setting',
    },
    stale: true,
  },
  wrongCredentials: [
    withKey('a license key', `${'0'.repeat(36)}NRAL`, /new-relic-api-key does not fit: it is a license key/),
    withKey('an older license key', '0'.repeat(40), /as long as a license key/),
    withKey('an insert key of Insights', 'NRII-0000', /Insights/),
    withKey('a user key that is not known', 'NRAK-0000', /Check new-relic-api-key/, 'source_unauthorized'),
  ],
  wrongSite: {
    called: 'an account of another region',
    make: (sandbox) => sandboxed(sandbox, { account: 7 }),
    reason: 'wrong_address',
    says: /check observe\.new-relic\.account and region/,
  },
  mistakes: [
    {
      called: 'a condition that cannot be read',
      make: (sandbox) => sandboxed(sandbox, { where: 'colour = 3' }),
      reason: 'query_refused',
      says: /NRQL Syntax Error/,
    },
    {
      called: 'an application that it does not know',
      make: (sandbox) => sandboxed(sandbox, { app: 'wob' }),
      reason: 'no_rows',
      says: /the transactions of wob/,
    },
  ],
  notANumber: ({ start: from }) => nerdGraph([row(from, 'NaN', 1)]),
});

async function readWith(bodies: string[], reads = bodies.length) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    asked.push(body);
    response.end(bodies[Math.min(asked.length, bodies.length) - 1]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const source = make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    let answer: Awaited<ReturnType<typeof source.read>> = [];
    for (let count = 1; count <= reads; count += 1) answer = await source.read(start, start + count * 60_000, 60_000);
    return { answer, asked };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('an error within an answer of 200 tells a refused key from a refused query', async () => {
  await assert.rejects(
    readWith([nerdGraph([], [{ message: `Access denied for ${apiKey}` }])]),
    (error: Error & { reasonCode: string }) => {
      assert.equal(error.reasonCode, 'source_unauthorized');
      return !error.message.includes(apiKey);
    },
  );
  await assert.rejects(readWith([nerdGraph([], [{ message: 'NRQL Syntax Error' }])]), { reasonCode: 'query_refused' });
  await assert.rejects(readWith(['{"data":{"actor":{"account":null}}}']), { reasonCode: 'wrong_address' });
});

test('a minute of zero counts as zero once the application was seen to count', async () => {
  const { answer } = await readWith([
    nerdGraph([row(start, 50, 1)]),
    nerdGraph([row(start, 50, 1), row(start + 60_000, 0, 0)]),
  ]);
  assert.ok(!isNoData(answer));
  assert.deepEqual(
    answer.map(({ requests, errors, p95 }) => [requests, errors, p95]),
    [
      [50, 1, 450],
      [0, 0, 450],
    ],
  );
});

test('a day is asked for in parts of six hours, for New Relic gives 366 minutes at most; nothing is left out', async () => {
  const day = 24 * 3_600_000;
  const spans: [number, number][] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [, since, until] = (/SINCE (\d+) UNTIL (\d+) /.exec(body) ?? []).map(Number) as [number, number, number];
    spans.push([since, until]);
    const minutes = (until - since) / 60_000;
    if (minutes > 366) return void response.end(nerdGraph([], [{ message: 'TIMESERIES exceeds 366 buckets' }]));
    response.end(nerdGraph(Array.from({ length: minutes }, (_, index) => row(since + index * 60_000, 10, 1))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const source = make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const answer = await source.read(start, start + day, 60_000);
    assert.ok(!isNoData(answer));
    assert.deepEqual([answer.length, answer.every(({ requests }) => requests === 10)], [1440, true]);
    assert.deepEqual(
      spans.map(([since]) => (since - start) / 3_600_000),
      [0, 6, 12, 18],
    );
    assert.match(source.asked?.(start, start + day).query ?? '', new RegExp(`SINCE ${start + (day / 4) * 3} `));
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('the name of the application cannot leave its quotes', async () => {
  const { asked } = await readWith([nerdGraph([row(start, 1, 0)])]);
  const { variables } = JSON.parse(asked[0] ?? '{}') as { variables: { account: number; nrql: string } };
  assert.equal(variables.account, 42);
  assert.ok(variables.nrql.includes("appName = 'web\\'s app'"), variables.nrql);
});
