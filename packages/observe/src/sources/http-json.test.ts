import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { SimulatedClock } from '../../test/simulated-clock.ts';
import { contractClock, describeSource } from '../../test/source-contract.ts';
import { isNoData } from '../bucket.ts';
import { type HttpJsonSource, httpJson } from './http-json.ts';

const paths = { requests: '$.total', errors: '$.failed.count' };

const sandboxed = (sandbox: Sandbox, path: string, more: Partial<HttpJsonSource> = {}) => {
  const { url, token } = sandbox.description.app;
  const at = { url: `${url}${path}`, requests: '$.requests', errors: '$.errors' };
  return httpJson({ ...at, token, clock: contractClock, ...more });
};

const clock = new SimulatedClock();
for (const [name, path, looksBack] of [
  ['http-json with a time range', '/counts?from={from}&until={until}', true],
  ['http-json with counters that grow', '/counters', false],
] as const) {
  const make = (sandbox: Sandbox, more: Partial<HttpJsonSource> = {}, at: string = path) =>
    sandboxed(sandbox, at, { ...(!looksBack && { clock }), ...more });
  describeSource({
    name,
    // Counters must be read in time: one that jumps is never late.
    ...(!looksBack && { clock, sandbox: { now: () => clock.now() } }),
    make: (sandbox) => make(sandbox),
    secret: (sandbox) => sandbox.description.app.token,
    asks: { service: 'app', route: path.replace(/\?.*/, '') },
    tells: {
      intervalMs: looksBack ? 60_000 : 1_000,
      nothingMeans: looksBack ? 'no-data' : 'zero requests',
      swapped: (sandbox) => make(sandbox, { requests: '$.errors', errors: '$.requests' }),
      unitMistake: (sandbox) => make(sandbox, { errors: '$.rate' }),
      stale: looksBack
        ? true
        : { not: 'a counter that stands still is an app that nobody asks; an old answer is told by its Age' },
    },
    wrongCredentials: [
      {
        called: 'a token that is not known',
        make: (sandbox) => make(sandbox, { token: 'nobody' }),
        reason: 'source_unauthorized',
        says: /Check source-url and source-token/,
      },
    ],
    wrongSite: {
      called: 'an address that knows nothing of it',
      make: (sandbox) => make(sandbox, {}, path.replace('/count', '/kount')),
      reason: 'wrong_address',
      says: /Check source-url/,
    },
    notANumber: () => ({ requests: 'many', errors: 1 }),
  });
}

test('an answer that a cache kept since before the interval is stale; one that it kept since after it is not', async () => {
  const sandbox = await startSandbox({ postgres: false });
  try {
    const end = Math.floor(Date.now() / 1000) * 1000 - 5_000;
    sandbox.monitoring.traffic.add({ at: end - 30_000, status: 200 }, 100);
    const readAt = async (age: number) => {
      const headers = { 'content-type': 'application/json', age: String(age) };
      const fault = { status: 200, body: { requests: 100, errors: 0 }, headers };
      sandbox.faults.order({ service: 'app', route: '/counts', fault });
      return await sandboxed(sandbox, '/counts?from={from}&until={until}').read(end - 60_000, end, 60_000);
    };
    const stale = await readAt(90);
    assert.ok(isNoData(stale));
    assert.deepEqual([stale.noData, /90 s old.*no-store/.test(stale.message)], ['stale_data', true]);
    assert.ok(!isNoData(await readAt(1)));
    sandbox.faults.order({
      service: 'app',
      route: '/counters',
      times: 2,
      fault: { status: 200, body: { requests: 100, errors: 0 }, headers: { age: '60' } },
    });
    const counters = sandboxed(sandbox, '/counters');
    await counters.open();
    const kept = await counters.read(Date.now() - 60_000, Date.now(), 60_000);
    assert.ok(isNoData(kept));
    assert.equal(kept.noData, 'stale_data');
  } finally {
    await sandbox.close();
  }
});

/** Reads growing counters at the end of each interval of a simulated minute. */
async function readCounters(answers: unknown[]): Promise<Awaited<ReturnType<ReturnType<typeof httpJson>['read']>>> {
  let asked = 0;
  const server = createServer((_, response) => response.end(JSON.stringify(answers[asked++] ?? answers.at(-1))));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = new SimulatedClock();
  const source = httpJson({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/m`, ...paths, clock });
  try {
    await source.open();
    const from = clock.now();
    let last: Awaited<ReturnType<typeof source.read>> = [];
    for (let index = 1; index < answers.length; index += 1) {
      await clock.sleep(from + index * 10_000 - clock.now());
      last = await source.read(from, from + index * 10_000, 10_000);
    }
    return last;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const reading = (total: unknown, count: unknown): unknown => ({ total, failed: { count } });

test('without a range the difference of growing counters is counted (MET-06)', async () => {
  const buckets = await readCounters([reading(1000, 10), reading(1500, 16), reading(2000, 16)]);
  assert.ok(!isNoData(buckets));
  assert.deepEqual(
    buckets.map(({ requests, errors }) => [requests, errors]),
    [
      [500, 6],
      [500, 0],
    ],
  );
});

test('a counter that was reset leaves its interval out instead of counting nonsense', async () => {
  const buckets = await readCounters([reading(1000, 10), reading(200, 1), reading(300, 2)]);
  assert.ok(!isNoData(buckets));
  assert.deepEqual(
    buckets.map(({ requests, errors }) => [requests, errors]),
    [[100, 1]],
  );
});

for (const [name, body, reasonCode] of [
  ['text instead of a number', reading('many', 2), 'source_bad_answer'],
  ['more errors than requests (swapped paths)', reading(10, 20), 'errors_above_requests'],
  ['a share instead of a number', reading(1000, 0.02), 'unit_mistake'],
  ['a negative number', reading(-1, 0), 'source_bad_answer'],
] as const) {
  test(`${name} is refused as ${reasonCode}`, async () => {
    await assert.rejects(readCounters([body]), { reasonCode });
  });
}

/** Counts of any time: an error and so many requests every second, and in every answer what came late. */
async function countsByTime(
  use: (source: ReturnType<typeof httpJson>, asked: string[]) => Promise<void>,
  counted: { perSecond: number; late: number; endsAt?: number } = { perSecond: 10, late: 0 },
) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const [from, until] = [Number(searchParams.get('from')), Number(searchParams.get('until'))];
    asked.push(`${from}-${until}`);
    const seconds = Math.min(until, counted.endsAt ?? until) - from;
    const counts = seconds > 0 ? reading(seconds * counted.perSecond + counted.late, seconds) : reading(null, null);
    response.end(JSON.stringify(counts));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/c?from={from}&until={until}`;
  try {
    await use(httpJson({ url, ...paths, clock: contractClock }), asked);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('with a range each further interval costs one question, and counts that arrive late are in the newest one', async () => {
  const counted = { perSecond: 10, late: 0 };
  await countsByTime(async (source, asked) => {
    const first = await source.read(0, 50_000, 10_000);
    assert.ok(!isNoData(first));
    assert.deepEqual(asked.toSorted(), ['0-10', '10-20', '20-30', '30-40', '40-50']);
    counted.late = 7;
    const again = await source.read(0, 60_000, 10_000);
    assert.ok(!isNoData(again));
    assert.deepEqual([asked.length, asked.at(-1)], [6, '0-60']);
    assert.deepEqual(again.slice(0, 5), first);
    assert.deepEqual(again.at(-1), { start: 50, end: 60, requests: 107, errors: 10 });
    assert.deepEqual([await source.read(0, 60_000, 10_000), asked.length], [again, 6]);
  }, counted);
});

test('where counts of earlier intervals are taken back, the newest one is asked for alone', async () => {
  const counted = { perSecond: 10, late: 0 };
  await countsByTime(async (source, asked) => {
    await source.read(0, 20_000, 10_000);
    counted.perSecond = 5;
    const again = await source.read(0, 30_000, 10_000);
    assert.ok(!isNoData(again));
    assert.deepEqual(asked.slice(-2), ['0-30', '20-30']);
    assert.deepEqual(again.at(-1), { start: 20, end: 30, requests: 50, errors: 10 });
  }, counted);
});

test('a source that falls silent is no data, although the sum of the last intervals goes on', async () => {
  const counted = { perSecond: 10, late: 0, endsAt: 20 };
  await countsByTime(async (source, asked) => {
    assert.ok(!isNoData(await source.read(0, 20_000, 10_000)));
    const silent = await source.read(0, 30_000, 10_000);
    assert.deepEqual(asked.slice(2, 4), ['0-30', '20-30']);
    assert.ok(isNoData(silent), JSON.stringify(silent));
  }, counted);
});

test('of the time before, the newest seven intervals are asked for one by one and all others at once', async () => {
  await countsByTime(async (source, asked) => {
    const before = await source.readBefore?.(0, 290_000, 10_000);
    assert.ok(before && !isNoData(before));
    assert.equal(asked.length, 8);
    assert.deepEqual(before[0], { start: 0, end: 220, requests: 2200, errors: 220 });
    assert.deepEqual(before.at(-1), { start: 280, end: 290, requests: 100, errors: 10 });
  });
  await countsByTime(async (source, asked) => {
    const before = await source.readBefore?.(0, 80_000, 10_000);
    assert.ok(before && !isNoData(before));
    assert.deepEqual([before.length, asked.length], [8, 8]);
  });
});

test('headers other than a bearer token are sent, and to no other host (MET-06)', async () => {
  const seen: (string | undefined)[] = [];
  const other = createServer((request, response) => {
    seen.push(`other ${request.headers['x-api-key'] ?? 'none'}`);
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const away = `http://localhost:${(other.address() as AddressInfo).port}/`;
  const server = createServer((request, response) => {
    seen.push(`${request.headers['x-api-key']} ${request.headers.authorization}`);
    if (request.url === '/away') return void response.writeHead(302, { location: away }).end();
    response.end(JSON.stringify(reading(100, 1)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers = { 'x-api-key': 'canary-key', authorization: 'Basic YTpi' };
  const make = (path: string) =>
    httpJson({ url: `${address}${path}`, ...paths, token: 'unused', headers, clock: contractClock });
  try {
    await make('/c').open();
    await assert.rejects(
      async () => make('/away').open(),
      (error: Error) => !error.message.includes('canary'),
    );
    assert.deepEqual(seen, ['canary-key Basic YTpi', 'canary-key Basic YTpi']);
  } finally {
    for (const each of [server, other]) {
      each.closeAllConnections();
      each.close();
    }
  }
});
