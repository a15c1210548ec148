import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { FaultOrder } from './faults.ts';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

let sandbox: Sandbox;
before(async () => {
  sandbox = await startSandbox({ postgres: false });
});
after(() => sandbox.close());
afterEach(() => sandbox.faults.clear());

function ask(init: RequestInit = {}) {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  return fetch(`${apiUrl}/v9/projects/${projectId}?teamId=${teamId}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
}
const turnOff = (init: RequestInit = {}) =>
  ask({ method: 'PATCH', body: '{"autoAssignCustomDomains":false}', ...init });

test('a status answers instead of the service, for the next calls of a route', async () => {
  sandbox.faults.order({
    service: 'vercel',
    route: '/v9/projects',
    times: 2,
    fault: { status: 429, headers: { 'retry-after': '3' }, body: { error: { code: 'too_many_requests' } } },
  });
  for (let call = 0; call < 2; call += 1) {
    const answer = await ask();
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '3']);
    assert.deepEqual(await answer.json(), { error: { code: 'too_many_requests' } });
  }
  assert.equal((await ask()).status, 200);
  assert.deepEqual(
    sandbox.requests().map(({ status, fault }) => [status, fault]),
    [
      [429, true],
      [429, true],
      [200, false],
    ],
  );
});

test('only the wanted method, pattern and turn are met', async () => {
  const order: FaultOrder = { service: 'vercel', method: 'GET', route: '/v9/*/:id', skip: 1, fault: { status: 503 } };
  sandbox.faults.order(order);
  assert.equal((await turnOff()).status, 200);
  assert.equal((await ask()).status, 200);
  assert.equal((await ask()).status, 503);
  assert.deepEqual(sandbox.faults.pending(), []);
});

test('an answer can be lost after the call took effect', async () => {
  sandbox.vercel.project.autoAssignCustomDomains = true;
  sandbox.faults.order({ service: 'vercel', route: '/v9/projects', fault: { afterEffect: true } });
  await assert.rejects(turnOff(), TypeError);
  assert.equal(sandbox.vercel.project.autoAssignCustomDomains, false);

  sandbox.vercel.project.autoAssignCustomDomains = true;
  sandbox.faults.order({ service: 'vercel', route: '/v9/projects', fault: { afterEffect: true, status: 502 } });
  assert.equal((await turnOff()).status, 502);
  assert.equal(sandbox.vercel.project.autoAssignCustomDomains, false);
});

test('a black hole never answers and has no effect; after the effect it has one', async () => {
  for (const afterEffect of [false, true]) {
    sandbox.vercel.project.autoAssignCustomDomains = true;
    sandbox.faults.order({ service: 'vercel', route: '/', fault: { blackHole: true, afterEffect } });
    await assert.rejects(turnOff({ signal: AbortSignal.timeout(500) }), { name: 'TimeoutError' });
    assert.equal(sandbox.vercel.project.autoAssignCustomDomains, !afterEffect);
  }
  assert.equal(sandbox.requests().at(-1)?.status, 0);
});

test('a body can be cut off, an answer delayed', async () => {
  sandbox.faults.order({ service: 'vercel', route: '/', fault: { cutAfterBytes: 10 } });
  const cut = await ask();
  assert.equal(cut.status, 200);
  await assert.rejects(cut.text(), TypeError);
  sandbox.faults.order({ service: 'vercel', route: '/', fault: { delayMs: 80 } });
  const started = performance.now();
  assert.equal((await ask()).status, 200);
  assert.ok(performance.now() - started >= 75);
});

test('faults are ordered and requests read over HTTP', async () => {
  const { url } = sandbox.description.control;
  const order = { service: 'slack', route: '/api/chat.postMessage', fault: { status: 500, body: 'down' } };
  const post = (body: unknown) => fetch(`${url}/_sandbox/faults`, { method: 'POST', body: JSON.stringify(body) });
  assert.equal((await post(order)).status, 201);
  assert.deepEqual(await (await fetch(`${url}/_sandbox/faults`)).json(), [{ ...order, times: 1, skip: 0 }]);
  const { apiUrl } = sandbox.description.slack;
  assert.equal(await (await fetch(`${apiUrl}chat.postMessage`, { method: 'POST' })).text(), 'down');
  const lines = (await (await fetch(`${url}/_sandbox/requests`)).text()).trim().split('\n');
  const last = JSON.parse(lines.at(-1) ?? '');
  assert.deepEqual([last.service, last.path, last.status, last.fault], ['slack', '/api/chat.postMessage', 500, true]);
  assert.ok(!lines.join().includes(sandbox.description.vercel.token), 'the log keeps no token');

  for (const wrong of [{}, { service: 'vercel' }, { service: 'vercel', route: '/' }, { ...order, service: 'moon' }]) {
    assert.equal((await post(wrong)).status, 400);
  }
  await post(order);
  assert.equal((await fetch(`${url}/_sandbox/faults`, { method: 'DELETE' })).status, 204);
  assert.deepEqual(sandbox.faults.pending(), []);
});

test('the edge fails by order, too', async () => {
  const [domain = ''] = sandbox.description.vercel.domains;
  sandbox.faults.order({ service: 'edge', route: '/api', fault: { status: 500, body: 'x' } });
  assert.equal((await fetch(`${domain}/`)).status, 404);
  assert.equal((await fetch(`${domain}/api/health`)).status, 500);
});
