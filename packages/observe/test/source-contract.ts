import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '#http/clock';
import { type Bucket, isNoData, type NoData } from '../src/bucket.ts';
import { askSource, type ObservationSource } from '../src/source.ts';

/** What a source must get right before it is done; every source runs this suite over real HTTP. */
export interface SourceContract {
  name: string;
  /** A token that the source sends; it must never be shown. Undefined for a source without one. */
  token?: string;
  intervalMs: number;
  /** Makes the source against the server's address. */
  make(address: string): Promise<ObservationSource>;
  /** True for the request that carries counts, and only that is made to fail. */
  isData(request: IncomingMessage): boolean;
  /** Answers whatever else the source asks for. */
  other?(request: IncomingMessage, response: ServerResponse): void;
  /** Answers with these counts, all inside the interval [start, end). */
  counts(response: ServerResponse, given: { requests: number; errors: number; start: number; end: number }): void;
  /** Answers that there is nothing. */
  nothing(response: ServerResponse): void;
  /** Answers with something that is no number; where the vendor's shape allows it. */
  notANumber?(response: ServerResponse, given: { start: number; end: number }): void;
  /** True where old rows can be told from none at all. */
  tellsStale?: boolean;
  /** True where requests and errors are two settings that a person can swap. */
  canBeSwapped?: boolean;
  /** What "nothing" has to mean. */
  nothingMeans: 'no-data' | 'zero requests';
}

type Mode =
  | 'ok'
  | 'nothing'
  | 401
  | 500
  | '429 then ok'
  | 'silence'
  | 'malformed'
  | 'a login page'
  | 'a redirect'
  | 'not found'
  | 'swapped'
  | 'nan'
  | 'stale';

/** Declares the suite for one source. */
export function describeSource(contract: SourceContract): void {
  describe(`source ${contract.name}`, () => {
    let server: Server;
    let mode: Mode = 'ok';
    let asked = 0;
    let window = { start: 0, end: 0 };
    before(async () => {
      server = createServer((request, response) => {
        if (!contract.isData(request)) return (contract.other ?? notFound)(request, response);
        asked += 1;
        if (mode === 'silence') return;
        if (mode === 'malformed')
          return response.writeHead(200, { 'content-type': 'application/json' }).end('{"data": [');
        if (typeof mode === 'number') return refuse(response, mode, contract.token);
        if (mode === '429 then ok' && asked === 1) return refuse(response, 429, contract.token);
        if (mode === 'nothing') return contract.nothing(response);
        if (mode === 'not found')
          return void response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>404</h1>');
        if (mode === 'a redirect') return void response.writeHead(302, { location: 'https://sso.example/login' }).end();
        if (mode === 'a login page') {
          return void response
            .writeHead(200, { 'content-type': 'text/html' })
            .end('<!doctype html><title>Log in</title>');
        }
        if (mode === 'nan' && contract.notANumber) return contract.notANumber(response, window);
        if (mode === 'swapped') return contract.counts(response, { requests: 12, errors: 200, ...window });
        if (mode === 'stale') {
          const hour = 3_600_000;
          return contract.counts(response, {
            requests: 200,
            errors: 12,
            start: window.start - hour,
            end: window.end - hour,
          });
        }
        contract.counts(response, { requests: 200, errors: 12, ...window });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    after(() => {
      server.closeAllConnections();
      server.close();
    });

    /** Opens, waits for one interval and reads it; what a failing source says instead. */
    async function read(given: Mode, deadlineMs = 8000): Promise<{ buckets: Bucket[]; noData?: NoData }> {
      mode = given;
      asked = 0;
      const { intervalMs } = contract;
      const source = await contract.make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const fixed = source.looksBack;
      const start = fixed ? 1_700_000_040_000 : Date.now();
      window = { start, end: start + intervalMs };
      try {
        const answer = await askSource(
          async () => {
            await source.open();
            const from = fixed ? start : Date.now();
            window = { start: from, end: from + intervalMs };
            if (!fixed) await systemClock.sleep(intervalMs + (source.readAfterMs.at(-1) ?? 0));
            return await source.read(from, from + intervalMs, intervalMs);
          },
          { deadlineMs, clock: systemClock },
        );
        return isNoData(answer) ? { buckets: [], noData: answer } : { buckets: answer };
      } finally {
        await source.close();
      }
    }

    test('counts requests and errors of an interval', async () => {
      const { buckets, noData } = await read('ok');
      assert.equal(noData, undefined);
      assert.deepEqual(
        buckets.map(({ requests, errors }) => ({ requests, errors })),
        [{ requests: 200, errors: 12 }],
      );
    });

    test(`takes nothing for ${contract.nothingMeans}`, async () => {
      const { buckets, noData } = await read('nothing');
      if (contract.nothingMeans === 'no-data') assert.ok(noData || buckets.length === 0);
      else assert.deepEqual([buckets.length, buckets[0]?.requests, buckets[0]?.errors], [1, 0, 0]);
    });

    test('goes on after 429 with Retry-After', async () => {
      const { buckets } = await read('429 then ok');
      assert.equal(buckets[0]?.requests, 200);
      assert.ok(asked >= 2);
    });

    test('says its delay, its granularity and what it counts', async () => {
      const source = await contract.make('http://127.0.0.1:1');
      assert.ok(source.denominator.length > 3 && source.granularityMs >= 0 && source.readAfterMs.length > 0);
      assert.ok((source.settledAfterMs ?? Number.POSITIVE_INFINITY) >= Math.max(...source.readAfterMs));
      await source.close();
    });

    for (const [given, asked, reason] of [
      ['swapped', contract.canBeSwapped, /^errors_above_requests$/],
      ['nan', contract.notANumber !== undefined, /^(not_a_number|source_bad_answer)$/],
      ['stale', contract.tellsStale, /^stale_data$/],
    ] as [Mode, boolean | undefined, RegExp][]) {
      if (!asked) continue;
      test(`${given}: a reason of its own`, async () => {
        const { buckets, noData } = await read(given);
        assert.deepEqual(buckets, []);
        assert.match(noData?.noData ?? '', reason, noData?.message);
      });
    }

    for (const [given, reason] of [
      [401, /unauthorized|token_rejected/],
      [500, /unavailable|unreachable|timeout/],
      ['silence', /timeout/],
      ['malformed', /bad_answer|no_rows|none/],
      ['not found', /wrong_address|not_found|vercel_/],
      ['a redirect', /wrong_address|vercel_/],
      ['a login page', /wrong_address|bad_answer/],
    ] as [Mode, RegExp][]) {
      test(`${given}: no data with its reason, and no token in the message`, async () => {
        const { buckets, noData } = await read(given, 2500);
        const shown = JSON.stringify({ buckets, noData });
        if (contract.token) assert.ok(!shown.includes(contract.token), shown);
        // A stream has no document that could be malformed: lines that are none are left out.
        const counted = buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
        assert.equal(counted, 0);
        if (noData) assert.match(noData.noData, reason, noData.message);
        else assert.ok(given === 'malformed' || given === 'a login page');
      });
    }
  });
}

function notFound(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(404).end();
}

function refuse(response: ServerResponse, status: number, token = ''): void {
  response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
  // A careless service repeats the token in its answer.
  response.end(JSON.stringify({ error: { code: 'forbidden', message: `not with ${token}`, invalidToken: true } }));
}
