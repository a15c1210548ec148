import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHttpClient, type HttpClientOptions } from './client.ts';
import type { Clock } from './clock.ts';
import { HttpError } from './http-error.ts';

type Handler = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;
interface Seen {
  method: string | undefined;
  url: string | undefined;
  headers: http.IncomingHttpHeaders;
  body: string;
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function serve(...handlers: Handler[]): Promise<{ baseUrl: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const handler = handlers[Math.min(seen.length, handlers.length - 1)];
    seen.push({ method: request.method, url: request.url, headers: request.headers, body });
    handler?.(request, response, body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** A clock that does not wait but remembers for how long it was asked to. */
function patientClock(): Clock & { waits: number[] } {
  const waits: number[] = [];
  return { waits, now: () => Date.now(), sleep: async (ms) => void waits.push(ms) };
}

function client(
  options: HttpClientOptions,
): ReturnType<typeof createHttpClient> & { clock: ReturnType<typeof patientClock> } {
  const clock = patientClock();
  return Object.assign(createHttpClient({ clock, ...options }), { clock });
}

async function failure(promise: Promise<unknown>): Promise<HttpError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof HttpError, `expected an HttpError, got ${String(error)}`);
  return error;
}

describe('requests', () => {
  it('joins the path to a base address that has a path of its own', async () => {
    const { baseUrl, seen } = await serve(answer(200, { ok: true }));
    const result = await client({ baseUrl: `${baseUrl}/api/v3/` }).request({
      path: '/repos/o/r',
      query: { page: 2, skip: undefined },
    });
    assert.equal(seen[0]?.url, '/api/v3/repos/o/r?page=2');
    assert.deepEqual(result.json(), { ok: true });
    assert.equal(result.attempts, 1);
  });

  it('refuses a path that climbs out of the base address', async () => {
    await assert.rejects(client({ baseUrl: 'http://127.0.0.1:9/api' }).request({ path: '../admin' }), TypeError);
  });

  it('sends JSON with its length and gives a POST without a body the length zero', async () => {
    const { baseUrl, seen } = await serve(answer(201));
    await client({ baseUrl }).request({ method: 'POST', path: 'a', json: { text: 'ü' } });
    await client({ baseUrl }).request({ method: 'POST', path: 'b' });
    assert.equal(seen[0]?.body, '{"text":"ü"}');
    assert.equal(seen[0]?.headers['content-type'], 'application/json');
    assert.equal(seen[1]?.headers['content-length'], '0');
  });

  it('decodes a body that is compressed although identity was asked for', async () => {
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"n":1}'));
    });
    assert.deepEqual((await client({ baseUrl }).request({ path: '' })).json(), { n: 1 });
  });

  it('never sends its headers to another origin', async () => {
    const foreign = await serve(answer(200));
    const own = await serve(answer(200));
    const http = client({ baseUrl: own.baseUrl, headers: { authorization: 'Bearer abcdefgh12345678' } });
    await http.request({ path: '/x' });
    await http.request({ path: `${foreign.baseUrl}/x` });
    assert.equal(own.seen[0]?.headers.authorization, 'Bearer abcdefgh12345678');
    assert.equal(foreign.seen[0]?.headers.authorization, undefined);
  });

  it('does not follow a redirect: it is an error, or an answer where it is accepted', async () => {
    const target = await serve(answer(200));
    const { baseUrl } = await serve(answer(307, '', { location: target.baseUrl }));
    const error = await failure(client({ baseUrl }).request({ path: '/' }));
    assert.equal(error.status, 307);
    const accepted = await client({ baseUrl }).request({ path: '/', accept: [307] });
    assert.equal(accepted.headers.get('location'), target.baseUrl);
    assert.equal(target.seen.length, 0);
  });

  it('says which answer is not JSON', async () => {
    const { baseUrl } = await serve(answer(200, '<html>'));
    const result = await client({ baseUrl }).request({ path: '/login?token=secret' });
    assert.throws(() => result.json(), {
      kind: 'invalid-json',
      message: `GET ${baseUrl}/login answered 200 with a body that is not JSON`,
    });
  });

  it('streams pieces as they arrive and reports a stream that is cut off', async () => {
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200);
      response.write('one\n');
      setTimeout(() => response.destroy(), 30);
    });
    const { chunks } = await client({ baseUrl }).stream({ path: '/logs' });
    const pieces: string[] = [];
    const error = await failure(
      (async () => {
        for await (const chunk of chunks) pieces.push(Buffer.from(chunk).toString());
      })(),
    );
    assert.deepEqual(pieces, ['one\n']);
    assert.equal(error.kind, 'connection');
  });
});

describe('a proxy of the machine', () => {
  const before = process.env.HTTP_PROXY;
  afterEach(() => {
    if (before === undefined) delete process.env.HTTP_PROXY;
    else process.env.HTTP_PROXY = before;
  });

  it('is used for all addresses but those of this machine', async () => {
    const proxy = await serve(answer(200, { via: 'proxy' }));
    const own = await serve(answer(200, { via: 'none' }));
    process.env.HTTP_PROXY = proxy.baseUrl;
    const far = await client({ baseUrl: 'http://service.invalid' }).request({ path: '/x' });
    const near = await client({ baseUrl: own.baseUrl }).request({ path: '/x' });
    assert.deepEqual([far.json(), near.json()], [{ via: 'proxy' }, { via: 'none' }]);
    assert.deepEqual([proxy.seen[0]?.url, proxy.seen.length], ['http://service.invalid/x', 1]);
  });
});

describe('retry', () => {
  it('repeats a GET after 500, and no POST: it may have been carried out', async () => {
    const read = await serve(answer(500), answer(200));
    assert.equal((await client({ baseUrl: read.baseUrl }).request({ path: '/' })).attempts, 2);
    const write = await serve(answer(500));
    await failure(client({ baseUrl: write.baseUrl }).request({ method: 'POST', path: '/' }));
    assert.equal(write.seen.length, 1);
  });

  it('repeats a GET after 503 and counts the attempts', async () => {
    const lines: string[] = [];
    const { baseUrl, seen } = await serve(answer(503), answer(502), answer(200));
    const result = await client({ baseUrl, log: (line) => lines.push(line) }).request({ path: '/a?key=hidden' });
    assert.equal(result.attempts, 3);
    assert.equal(seen.length, 3);
    assert.match(lines[0] ?? '', /^GET http:\/\/127\.0\.0\.1:\d+\/a answered 503; again in \d+\.\d s \(2 of 4\)$/);
  });

  it('ends after the given number of attempts with the last failure', async () => {
    const { baseUrl, seen } = await serve(answer(504, 'busy'));
    const error = await failure(client({ baseUrl, attempts: 3 }).request({ path: '/' }));
    assert.equal(seen.length, 3);
    assert.deepEqual([error.kind, error.status, error.body], ['status', 504, 'busy']);
  });

  for (const status of [400, 401, 403, 404, 409, 501]) {
    it(`does not repeat after ${status}`, async () => {
      const { baseUrl, seen } = await serve(answer(status));
      await failure(client({ baseUrl }).request({ path: '/' }));
      assert.equal(seen.length, 1);
    });
  }

  it('repeats a POST only after an answer that refuses it', async () => {
    const unsure = await serve(answer(502));
    await failure(client({ baseUrl: unsure.baseUrl }).request({ method: 'POST', path: '/' }));
    assert.equal(unsure.seen.length, 1);
    const refused = await serve(answer(429), answer(503), answer(201));
    await client({ baseUrl: refused.baseUrl }).request({ method: 'POST', path: '/', json: {} });
    assert.equal(refused.seen.length, 3);
    const never = await serve(answer(429));
    await failure(client({ baseUrl: never.baseUrl }).request({ method: 'POST', path: '/', repeat: 'never' }));
    assert.equal(never.seen.length, 1);
  });

  it('honours Retry-After in seconds', async () => {
    const { baseUrl } = await serve(answer(429, {}, { 'retry-after': '7' }), answer(200));
    const http = client({ baseUrl });
    await http.request({ path: '/' });
    assert.deepEqual(http.clock.waits, [7000]);
  });

  it('honours Retry-After as a date, counted from the server clock', async () => {
    const headers = { date: 'Tue, 03 Nov 2026 10:00:00 GMT', 'retry-after': 'Tue, 03 Nov 2026 10:00:09 GMT' };
    const { baseUrl } = await serve(answer(503, {}, headers), answer(200));
    const http = client({ baseUrl });
    await http.request({ path: '/' });
    assert.deepEqual(http.clock.waits, [9000]);
  });

  it('caps Retry-After at a minute and does not begin a wait that passes the budget', async () => {
    const long = await serve(answer(429, {}, { 'retry-after': '3600' }), answer(200));
    const patient = client({ baseUrl: long.baseUrl });
    await patient.request({ path: '/' });
    assert.deepEqual(patient.clock.waits, [60_000]);
    const short = await serve(answer(429, {}, { 'retry-after': '30' }));
    const error = await failure(client({ baseUrl: short.baseUrl, budgetMs: 5000 }).request({ path: '/' }));
    assert.equal(error.retryAfterMs, 30_000);
    assert.equal(short.seen.length, 1);
  });

  it('takes an accepted status as the answer, without repeating', async () => {
    const { baseUrl, seen } = await serve(answer(503));
    assert.equal((await client({ baseUrl }).request({ path: '/', accept: 'any' })).status, 503);
    assert.equal(seen.length, 1);
  });
});

describe('bad days', () => {
  it('knows that a refused connection sent nothing, and repeats even a POST', async () => {
    const { baseUrl } = await serve(answer(200));
    for (const close of open.splice(0)) close();
    const http = client({ baseUrl, attempts: 3 });
    const error = await failure(http.request({ method: 'POST', path: '/' }));
    assert.deepEqual([error.kind, error.maybeSent], ['connection', false]);
    assert.match(error.message, /connection refused \(ECONNREFUSED\)/);
    assert.equal(http.clock.waits.length, 2);
  });

  it('says when a host name does not resolve', async () => {
    const error = await failure(client({ baseUrl: 'http://nowhere.invalid', attempts: 1 }).request({ path: '/' }));
    assert.equal(error.maybeSent, false);
    assert.match(error.message, /does not resolve/);
  });

  it('knows that a connection cut after the request may have had an effect, and does not repeat a POST', async () => {
    const { baseUrl, seen } = await serve((request) => request.socket.destroy());
    const error = await failure(client({ baseUrl }).request({ method: 'POST', path: '/' }));
    assert.deepEqual([error.kind, error.maybeSent], ['connection', true]);
    assert.equal(seen.length, 1);
  });

  it('treats a body that is cut off as a failed attempt', async () => {
    const { baseUrl, seen } = await serve(
      (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('{"half":');
        setTimeout(() => response.destroy(), 10);
      },
      answer(200, { whole: true }),
    );
    assert.deepEqual((await client({ baseUrl }).request({ path: '/' })).json(), { whole: true });
    assert.equal(seen.length, 2);
  });

  it('ends an attempt at its deadline', async () => {
    const { baseUrl } = await serve(() => {});
    const startedAt = Date.now();
    const error = await failure(client({ baseUrl, deadlineMs: 80, attempts: 2 }).request({ path: '/' }));
    assert.deepEqual([error.kind, error.maybeSent], ['timeout', true]);
    assert.ok(Date.now() - startedAt < 2000);
  });

  it('counts a body that never ends against the deadline', async () => {
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200);
      response.write('…');
    });
    const error = await failure(client({ baseUrl, deadlineMs: 80, attempts: 1 }).request({ path: '/' }));
    assert.equal(error.kind, 'timeout');
  });

  it('survives an answer that is not HTTP', async () => {
    const server = net.createServer((socket) => void socket.end('garbage\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const error = await failure(client({ baseUrl: `http://127.0.0.1:${port}`, attempts: 1 }).request({ path: '/' }));
    assert.equal(error.kind, 'connection');
  });

  it('stops at the abort of the caller, before, during and between attempts', async () => {
    const { baseUrl, seen } = await serve(() => {});
    const before = await failure(client({ baseUrl, signal: AbortSignal.abort() }).request({ path: '/' }));
    assert.deepEqual([before.kind, before.maybeSent, seen.length], ['aborted', false, 0]);
    const during = await failure(client({ baseUrl }).request({ path: '/', signal: AbortSignal.timeout(50) }));
    assert.equal(during.kind, 'aborted');
    const busy = await serve(answer(503, {}, { 'retry-after': '30' }));
    const between = createHttpClient({ baseUrl: busy.baseUrl, signal: AbortSignal.timeout(80) });
    assert.equal((await failure(between.request({ path: '/' }))).kind, 'aborted');
    assert.equal(busy.seen.length, 1);
  });

  it('keeps secrets, queries and control characters out of errors and log lines', async () => {
    const token = 'canary-token-0123456789';
    const lines: string[] = [];
    const { baseUrl } = await serve((request, response) => {
      response.writeHead(503).end(`\u001b[31mbad token ${request.headers.authorization}\n::error::x`);
    });
    const http = client({
      baseUrl,
      attempts: 2,
      headers: { authorization: `Bearer ${token}` },
      log: (line) => lines.push(line),
    });
    const error = await failure(http.request({ path: '/x', query: { secret: token } }));
    assert.equal(error.body, 'bad token *** ::error::x');
    for (const text of [...lines, error.message, error.url, error.stack, error.body]) assert.ok(!text?.includes(token));
  });

  it('gives up on a body above the limit', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    const { baseUrl } = await serve((_request, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        response.once('drain', write);
      };
      write();
    });
    const error = await failure(client({ baseUrl }).request({ path: '/' }));
    assert.equal(error.kind, 'too-large');
  });
});

it('with patience a temporary failure is repeated, at most a second apart, until its time is over', async () => {
  let now = 0;
  const waits: number[] = [];
  const clock: Clock = {
    now: () => now,
    async sleep(ms) {
      waits.push(ms);
      now += ms;
    },
  };
  const later = await serve(...Array.from({ length: 15 }, () => answer(503)), answer(200));
  const patient = createHttpClient({ baseUrl: later.baseUrl, clock, patienceMs: 60_000 });
  assert.equal((await patient.request({ path: '/' })).attempts, 16);
  assert.ok(Math.max(...waits) <= 1000);
  const never = await serve(answer(503));
  const ended = createHttpClient({ baseUrl: never.baseUrl, clock, patienceMs: 5_000 });
  const from = now;
  await assert.rejects(ended.request({ path: '/' }), { status: 503 });
  assert.ok(now - from <= 5_000);
  await assert.rejects(ended.request({ path: '/', attempts: 1 }), { status: 503 });
  const refused = await serve(answer(403));
  await assert.rejects(createHttpClient({ baseUrl: refused.baseUrl, clock, patienceMs: 5_000 }).request({ path: '/' }));
  assert.equal(refused.seen.length, 1, 'what is not temporary is not repeated');
});
