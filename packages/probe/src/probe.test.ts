import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { CheckSettings } from '#config/settings';
import { systemClock } from '#http/clock';
import { resolveCheck } from './check.ts';
import { type ProbeContext, type ProbeOutcome, runProbe } from './probe.ts';

const closers: (() => void)[] = [];
after(() => {
  for (const close of closers) close();
});

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function probe(baseUrl: string, check: CheckSettings, context: Partial<ProbeContext> = {}): Promise<ProbeOutcome> {
  const listedHosts = new Set([new URL(baseUrl).host]);
  return runProbe(resolveCheck(check, { baseUrl, timeoutMs: 2000 }), { listedHosts, clock: systemClock, ...context });
}

const healthy = await serve((request, response) => {
  response.setHeader('content-type', 'application/json');
  if (request.url?.startsWith('/zip')) {
    response.setHeader('content-encoding', 'gzip');
    return response.end(gzipSync('{"status":"healthy"}'));
  }
  response.statusCode = Number(/\/(\d{3})/.exec(request.url ?? '')?.[1] ?? 200);
  response.end('{"status":"healthy","checks":{"database":"ok"},"list":[{"a b":1}]}');
});

const cases: { name: string; check: CheckSettings; outcome: ProbeOutcome['outcome']; reason: string; says?: RegExp }[] =
  [
    { name: 'a plain 200', check: { path: '/' }, outcome: 'pass', reason: 'as_expected' },
    {
      name: 'a compressed body',
      check: { path: '/zip', json: { '$.status': 'healthy' } },
      outcome: 'pass',
      reason: 'as_expected',
    },
    { name: 'a 404', check: { path: '/404' }, outcome: 'fail', reason: 'wrong_status', says: /404/ },
    { name: 'a 503 that is expected', check: { path: '/503', status: [503] }, outcome: 'pass', reason: 'as_expected' },
    { name: 'HEAD of a 503', check: { path: '/503', method: 'HEAD' }, outcome: 'fail', reason: 'wrong_status' },
    {
      name: 'a nested value',
      check: { path: '/', json: { '$.checks.database': 'ok' } },
      outcome: 'pass',
      reason: 'as_expected',
    },
    {
      name: 'an odd key in a list',
      check: { path: '/', json: { "$.list[0]['a b']": 1 } },
      outcome: 'pass',
      reason: 'as_expected',
    },
    {
      name: 'a wrong value, named with both',
      check: { path: '/', json: { '$.status': 'ok' } },
      outcome: 'fail',
      reason: 'body_mismatch',
      says: /\$\.status is "healthy", expected "ok"/,
    },
    {
      name: 'a missing value',
      check: { path: '/', json: { '$.version': '1' } },
      outcome: 'fail',
      reason: 'body_mismatch',
      says: /missing/,
    },
    { name: 'a missing text', check: { path: '/', contains: 'welcome' }, outcome: 'fail', reason: 'body_mismatch' },
  ];
for (const { name, check, outcome, reason, says } of cases) {
  test(`a probe judges ${name}`, async () => {
    const found = await probe(healthy, check);
    assert.equal(found.outcome, outcome, found.message);
    assert.equal(found.reasonCode, reason);
    if (says) assert.match(found.message, says);
  });
}

test('an HTML page where JSON is expected is a failure that says so', async () => {
  const page = await serve((_, response) => response.end('<html>shell</html>'));
  const found = await probe(page, { path: '/api/health', json: { '$.status': 'ok' } });
  assert.equal(found.reasonCode, 'not_json');
});

test('the login wall of Vercel is a failure of its own, as a redirect and as a page (trap 13)', async () => {
  const wall = await serve((request, response) => {
    if (request.url === '/page') {
      return response.writeHead(401, { server: 'Vercel', 'content-type': 'text/html; charset=utf-8' }).end('<html>');
    }
    response.writeHead(302, { location: 'https://vercel.com/sso-api?url=x&nonce=secret' }).end();
  });
  for (const path of ['/', '/page']) {
    const found = await probe(wall, { path, status: [200, 302, 401] });
    assert.equal(found.outcome, 'fail');
    assert.equal(found.reasonCode, 'sso_wall');
    assert.doesNotMatch(found.message, /nonce/);
  }
});

test('a 401 of the app itself is not taken for the login wall', async () => {
  const app = await serve((_, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{}'));
  assert.equal((await probe(app, { path: '/' })).reasonCode, 'wrong_status');
  assert.equal((await probe(app, { path: '/', status: [401] })).outcome, 'pass');
});

test('a redirect is not followed: to another host it fails, on the same host it counts as below 400', async () => {
  let asked = 0;
  const other = await serve((_, response) => {
    asked += 1;
    response.end('ok');
  });
  const app = await serve((request, response) => {
    response.writeHead(307, { location: request.url === '/own' ? '/login' : `${other}/login?token=1` }).end();
  });
  const away = await probe(app, { path: '/' }, { bypassSecret: 'canary-bypass' });
  assert.equal(away.reasonCode, 'redirect_to_other_host');
  assert.doesNotMatch(away.message, /token=/);
  assert.equal((await probe(app, { path: '/own' })).outcome, 'pass');
  assert.equal(asked, 0);
});

test('the bypass secret goes to the listed host only', async () => {
  const seen: Record<string, unknown> = {};
  const echo = (name: string): Promise<string> =>
    serve((request, response) => {
      seen[name] = request.headers['x-vercel-protection-bypass'];
      response.end('ok');
    });
  const own = await echo('own');
  const foreign = await echo('foreign');
  const context = { bypassSecret: 'canary-bypass' };
  await probe(own, { path: '/' }, context);
  const refused = await probe(own, { path: `${foreign}/` }, context);
  assert.equal(seen.own, 'canary-bypass');
  assert.equal('foreign' in seen, false);
  assert.equal(refused.reasonCode, 'address_refused');
  assert.equal(refused.outcome, 'could-not-run');
});

test('metadata and link-local addresses are refused even where the workflow names them (S20)', async () => {
  for (const address of [
    'http://169.254.169.254',
    'http://[fd00:ec2::254]',
    'http://[::ffff:169.254.169.254]',
    'http://[fe80::1]',
  ]) {
    const found = await probe(address, { path: '/latest/meta-data' });
    assert.equal(found.reasonCode, 'address_refused', `${address}: ${found.message}`);
  }
});

test('an answer that comes too late is a timeout, no listener a refused connection', async () => {
  const slow = await serve((_, response) => response.write('x'));
  const late = await probe(slow, { path: '/', timeoutMs: 80 });
  assert.equal(late.reasonCode, 'timeout');
  assert.equal(late.outcome, 'fail');
  const gone = await probe('http://127.0.0.1:9', { path: '/' });
  assert.equal(gone.reasonCode, 'connection_refused');
});

test('an abort ends a probe with its reason', async () => {
  const silent = await serve(() => {});
  const signal = AbortSignal.timeout(50);
  await assert.rejects(probe(silent, { path: '/' }, { signal }), (error) => error === signal.reason);
});

test('the address shown has no query, and hostile text in an answer stays one clean line (S14)', async () => {
  const hostile = await serve((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ status: '\n::error::x\u001b[31m\u202e' }));
  });
  const found = await probe(hostile, { path: '/?key=canary', json: { '$.status': 'ok' } });
  assert.doesNotMatch(found.url, /canary/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that they are gone is what is tested
  assert.doesNotMatch(found.message, /[\u0000-\u001f\u202e]/);
});
