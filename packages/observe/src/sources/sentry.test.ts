import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { type SentrySource, sentry } from './sentry.ts';

const token = 'canary-sentry-token-1';
const axes = { count: 'count(span.duration)', rate: 'failure_rate()', p95: 'p95(span.duration)' };
const make = (address: string, release?: string, except?: string[], openIssues?: boolean) =>
  sentry({
    url: address,
    token,
    organization: 'acme',
    projects: [11, 12],
    environment: 'production',
    release,
    except,
    openIssues,
    clock: contractClock,
  });

interface Minute {
  timestamp: number;
  value: number | null;
  incomplete?: boolean;
  sampleCount?: number;
}

/** The documented shape of GET …/events-timeseries/ with several axes. */
function timeSeries(values: Record<string, Minute[]>, interval = 60_000): string {
  const series = Object.entries(values).map(([yAxis, minutes]) => {
    const rows = minutes.map((minute) => ({ incomplete: false, confidence: 'high', ...minute }));
    return { yAxis, values: rows, meta: { valueType: 'number', valueUnit: null, interval } };
  });
  return JSON.stringify({ meta: { dataset: 'spans', start: 0, end: 0 }, timeSeries: series });
}

const sandboxed = (sandbox: Sandbox, more: Partial<SentrySource> = {}) => {
  const { project, ...of } = sandbox.description.sentry;
  return sentry({ ...of, projects: [project], environment: 'production', clock: contractClock, ...more });
};
const withToken = (called: string, token: string | ((sandbox: Sandbox) => string), says: RegExp) => ({
  called,
  make: (sandbox: Sandbox) => sandboxed(sandbox, { token: typeof token === 'string' ? token : token(sandbox) }),
  reason: 'wrong_credential',
  says,
});

describeSource({
  name: 'sentry',
  make: (sandbox) => sandboxed(sandbox),
  secret: (sandbox) => sandbox.description.sentry.token,
  asks: { service: 'sentry', route: '/api/0/organizations/acme/events-timeseries' },
  tells: {
    intervalMs: 60_000,
    nothingMeans: 'no-data',
    swapped: { not: 'count and failure rate are named by us, not by a setting' },
    unitMistake: { not: 'count and failure rate are named by us, not by a setting' },
    stale: true,
  },
  wrongCredentials: [
    withToken('a DSN', 'https://0123456789abcdef0123456789abcdef@o1.ingest.sentry.io/42', /a DSN of Sentry/),
    withToken('the public key of a DSN', '0123456789abcdef0123456789abcdef', /public key of a DSN/),
    withToken(
      'an organization token, as CI uploads with',
      (sandbox) => sandbox.monitoring.sentry.uploadToken,
      /sentry-auth-token does not fit.*org:ci/,
    ),
    {
      called: 'a token that is not known',
      make: (sandbox) => sandboxed(sandbox, { token: `sntryu_${'0'.repeat(64)}` }),
      reason: 'source_unauthorized',
      says: /observe\.sentry\.organization and its url \(EU/,
    },
  ],
  wrongSite: {
    called: 'an organization of another site',
    make: (sandbox) => sandboxed(sandbox, { organization: 'acme-eu' }),
    reason: 'wrong_address',
    says: /EU: https:\/\/de\.sentry\.io/,
  },
  mistakes: [
    {
      called: 'a project of somebody else',
      make: (sandbox) => sandboxed(sandbox, { projects: [7] }),
      reason: 'source_unauthorized',
      says: /403/,
    },
    {
      called: 'a search that cannot be read',
      make: (sandbox) => sandboxed(sandbox, { query: 'colour:blue' }),
      reason: 'query_refused',
      says: /Could not parse .*colour:blue/,
    },
  ],
  notANumber: ({ start }) =>
    timeSeries({ [axes.count]: [{ timestamp: start, value: 10 }], [axes.rate]: [] }).replace(
      '"value":10',
      '"value":"NaN"',
    ),
});

async function withSentry<T>(
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

test('minutes that Sentry marks as incomplete are left out, and come with a later reading (MET-01)', async () => {
  let incomplete = true;
  const rows = (): Record<string, Minute[]> => ({
    [axes.count]: [
      { timestamp: start, value: 100 },
      { timestamp: start + 60_000, value: incomplete ? 3 : 100, incomplete },
    ],
    [axes.rate]: [
      { timestamp: start, value: 0.02 },
      { timestamp: start + 60_000, value: incomplete ? 1 : 0.05, incomplete },
    ],
  });
  await withSentry(
    (_, response) => void response.end(timeSeries(rows())),
    async (address) => {
      const source = make(address);
      const early = await source.read(start, start + 120_000, 60_000);
      assert.ok(!isNoData(early));
      assert.deepEqual(
        early.map(({ requests, errors }) => [requests, errors]),
        [[100, 2]],
      );
      incomplete = false;
      const late = await source.read(start, start + 120_000, 60_000);
      assert.ok(!isNoData(late));
      assert.deepEqual(
        late.map(({ requests, errors }) => [requests, errors]),
        [
          [100, 2],
          [100, 5],
        ],
      );
    },
  );
});

test('of sampled spans the samples count, not what Sentry extrapolates from them', async () => {
  const rows = {
    [axes.count]: [{ timestamp: start, value: 1000, sampleCount: 100 }],
    [axes.rate]: [{ timestamp: start, value: 0.03, sampleCount: 100 }],
  };
  await withSentry(
    (_, response) => void response.end(timeSeries(rows)),
    async (address) => {
      const buckets = await make(address).read(start, start + 60_000, 60_000);
      assert.ok(!isNoData(buckets));
      assert.deepEqual([buckets[0]?.requests, buckets[0]?.errors], [100, 3]);
    },
  );
});

test('asks for its projects and its environment only, by root spans and the minute (MET-01)', async () => {
  let asked = new URL('http://x');
  await withSentry(
    (request, response) => {
      asked = new URL(request.url ?? '', 'http://x');
      response.end(
        timeSeries({ [axes.count]: [{ timestamp: start, value: 1 }], [axes.rate]: [{ timestamp: start, value: 0 }] }),
      );
    },
    async (address) => void (await make(address).read(start, start + 60_000, 60_000)),
  );
  assert.equal(asked.pathname, '/api/0/organizations/acme/events-timeseries/');
  assert.deepEqual(asked.searchParams.getAll('project'), ['11', '12']);
  assert.deepEqual(asked.searchParams.getAll('yAxis'), Object.values(axes));
  const { environment, interval, dataset, query } = Object.fromEntries(asked.searchParams);
  assert.deepEqual(
    { environment, interval, dataset, query },
    { environment: 'production', interval: '60', dataset: 'spans', query: 'is_transaction:true' },
  );
});

test('routes that a rule leaves out are another question, asked seldom; what it tells belongs to its minutes (ARB-05)', async () => {
  const asked: URLSearchParams[] = [];
  const answers = {
    main: { [axes.count]: [{ timestamp: start, value: 100 }], [axes.rate]: [{ timestamp: start, value: 0 }] },
    p95: { [axes.p95]: [{ timestamp: start, value: 5200 }] },
  };
  await withSentry(
    (request, response) => {
      const query = new URL(request.url ?? '', 'http://x').searchParams;
      asked.push(query);
      response.end(timeSeries(query.getAll('yAxis').includes(axes.p95) ? answers.p95 : answers.main));
    },
    async (address) => {
      const source = make(address, undefined, ['/a', '/generate-content']);
      for (let read = 0; read < 9; read += 1) {
        const buckets = await source.read(start, start + 60_000, 60_000);
        assert.ok(!isNoData(buckets));
        assert.equal(buckets[0]?.p95, 5200);
      }
    },
  );
  const about = asked.filter((query) => query.getAll('yAxis').join() === axes.p95);
  assert.deepEqual(
    about.map((query) => query.get('query')),
    Array(2).fill('is_transaction:true !transaction:[/a,/generate-content]'),
  );
  assert.equal(asked.length, 11);
});

test('another interval than the one asked for is refused, for Sentry replaces it in silence', async () => {
  const rows = { [axes.count]: [{ timestamp: start, value: 1 }] };
  await withSentry(
    (_, response) => void response.end(timeSeries(rows, 300_000)),
    async (address) => {
      await assert.rejects(make(address).read(start, start + 60_000, 60_000), {
        reasonCode: 'source_bad_answer',
        message: /per 300 s/,
      });
    },
  );
});

test('new issues of this release, the users they touch and the crash-free rate are readings (MET-01)', async () => {
  const issue = {
    id: '1',
    shortId: 'WEB-7',
    title: 'TypeError: x\u001b[2J of undefined',
    userCount: 6,
    count: '40',
    firstSeen: '2023-11-14T22:14:00Z',
    permalink: 'https://acme.sentry.io/issues/1/',
  };
  const queries: string[] = [];
  await withSentry(
    (request, response) => {
      const url = new URL(request.url ?? '', 'http://x');
      queries.push(`${url.pathname} ${url.searchParams.get('query')}`);
      if (url.pathname.endsWith('/issues/')) return void response.end(JSON.stringify([issue]));
      response.end(JSON.stringify({ groups: [{ by: {}, totals: { 'crash_free_rate(session)': 0.995 }, series: {} }] }));
    },
    async (address) => {
      const readings = (await make(address, 'abc"123').readings?.(start, start + 60_000)) ?? [];
      assert.deepEqual(
        readings.map(({ metric, value, users }) => [metric, value, users]),
        [
          ['new-issues', 1, 6],
          ['new-issue', 1, 6],
          ['crash-free', 0.995, undefined],
        ],
      );
      assert.ok(!readings[1]?.about?.includes('\u001b'));
    },
  );
  assert.match(queries[0] ?? '', /issues\/ is:unresolved firstRelease:"abc123"$/);
});

test('unresolved issues of high priority by last seen, only where they are asked for', async () => {
  const issue = {
    id: '2',
    shortId: 'WEB-9',
    title: 'Error: upstream',
    userCount: 3,
    permalink: 'https://acme.sentry.io/issues/2/',
  };
  const asked: URLSearchParams[] = [];
  await withSentry(
    (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
      if (!pathname.endsWith('/issues/')) return void response.end(JSON.stringify({ groups: [] }));
      asked.push(searchParams);
      response.end(JSON.stringify(searchParams.get('sort') === 'date' ? [issue] : []));
    },
    async (address) => {
      const readings = (await make(address, 'abc', undefined, true).readings?.(start, start + 60_000)) ?? [];
      const open = readings.filter(({ metric }) => metric === 'open-issue');
      assert.deepEqual(
        open.map(({ about, users, url }) => [about, users, url]),
        [['WEB-9 Error: upstream', 3, 'https://acme.sentry.io/issues/2/']],
      );
      await make(address, 'abc').readings?.(start, start + 60_000);
    },
  );
  assert.deepEqual(
    asked.map((query) => query.get('query')),
    ['is:unresolved firstRelease:"abc"', 'is:unresolved issue.priority:high', 'is:unresolved firstRelease:"abc"'],
  );
});
