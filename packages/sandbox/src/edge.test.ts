import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { getRuntimeLogsResponseBodyFromJSON } from '@vercel/sdk/models/getruntimelogsop.js';
import { callVercel, deployFiles, type ToldDeployment } from './deploy-files.ts';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

let sandbox: Sandbox;
let app: ToldDeployment;

const files = {
  'index.html': '<h1>home</h1>',
  'package.json': '{"type":"module"}',
  'secret.txt': 'public, for the root is what is served',
  'api/classic.js': `export default (request, response) => {
    console.log('asked for', request.query.name);
    response.status(201).json({ query: request.query, body: request.body, cookies: request.cookies });
  };`,
  'api/web.js': `export function GET(request) { return Response.json({ path: new URL(request.url).pathname }); }
    export async function POST(request) { return new Response(await request.text(), { status: 202, headers: { 'set-cookie': 'a=1' } }); }`,
  'api/fetch.mjs': `export default { fetch: (request) => new Response('fetched ' + request.method) };`,
  'api/common.cjs': `module.exports = (request, response) => response.redirect('/elsewhere');`,
  'api/environment.js': `export const GET = () => Response.json(process.env);`,
  'api/users/[id].js': `export const GET = (request) => new Response(new URL(request.url).searchParams.get('id'));`,
  'api/throws.js': `export const GET = () => { console.error('about to fail'); throw new Error('broken'); };`,
  'api/dies.js': `export const GET = () => process.exit(1);`,
  'api/hangs.js': `export const GET = () => new Promise(() => {});`,
  'api/_shared.js': `export const GET = () => new Response('not a function');`,
};

before(async () => {
  sandbox = await startSandbox({
    postgres: false,
    vercel: { readyDelayMs: 4, aliasDelayMs: 4, observabilityPlus: true, environment: { COLOUR: 'blue' } },
  });
  app = await deployFiles(sandbox, files, { target: 'production' });
});
after(() => sandbox.close());

const get = (path: string, init?: RequestInit) => fetch(`http://${app.url}${path}`, { redirect: 'manual', ...init });

/** Sends a path as it is; fetch would resolve its dots. */
function rawStatus(path: string): Promise<number> {
  const { hostname, port } = new URL(`http://${app.url}`);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    })
      .once('error', reject)
      .end();
  });
}

test('static files are served, sources and other folders are not', async () => {
  assert.equal(await (await get('/')).text(), '<h1>home</h1>');
  assert.equal((await get('/index')).status, 200);
  for (const path of ['/package.json', '/api/classic.js', '/.vercel', '/nothing']) {
    assert.equal((await get(path)).status, 404, path);
  }
  assert.equal(await rawStatus('/%2e%2e/%2e%2e/etc/passwd'), 404);
  assert.equal(await rawStatus('/..%2f..%2fetc/passwd'), 404);
});

test('functions of every form that Vercel knows answer', async () => {
  const classic = await get('/api/classic?name=x', {
    method: 'POST',
    headers: { 'content-type': 'application/json', cookie: 'a=1; b=%20' },
    body: '{"k":[1]}',
  });
  assert.equal(classic.status, 201);
  assert.deepEqual(await classic.json(), { query: { name: 'x' }, body: { k: [1] }, cookies: { a: '1', b: ' ' } });
  assert.deepEqual(await (await get('/api/web')).json(), { path: '/api/web' });
  const posted = await get('/api/web', { method: 'POST', body: 'text' });
  assert.deepEqual([posted.status, await posted.text(), posted.headers.get('set-cookie')], [202, 'text', 'a=1']);
  assert.equal((await get('/api/web', { method: 'DELETE' })).status, 405);
  assert.equal((await get('/api/web', { method: 'HEAD' })).status, 200);
  assert.equal(await (await get('/api/fetch')).text(), 'fetched GET');
  assert.equal((await get('/api/common')).headers.get('location'), '/elsewhere');
  assert.equal(await (await get('/api/users/42')).text(), '42');
  assert.equal((await get('/api/_shared')).status, 404);
});

test('a function sees the values of its build and nothing of this process', async () => {
  process.env.OPS_ACTIONS_TEST_SECRET = 'canary';
  const seen = (await (await get('/api/environment')).json()) as Record<string, string>;
  delete process.env.OPS_ACTIONS_TEST_SECRET;
  assert.equal(seen.COLOUR, 'blue');
  assert.deepEqual([seen.VERCEL_ENV, seen.VERCEL_URL, seen.VERCEL_DEPLOYMENT_ID], ['production', app.url, app.id]);
  assert.equal(seen.OPS_ACTIONS_TEST_SECRET, undefined);
  assert.equal(seen.HOME, undefined);
  sandbox.vercel.setEnvironment(sandbox.vercel.project, { COLOUR: 'red' });
  assert.equal(((await (await get('/api/environment')).json()) as typeof seen).COLOUR, 'blue');
});

test('what fails is 500 and counted, and the next call works again', async () => {
  const broken = await get('/api/throws');
  assert.deepEqual([broken.status, broken.headers.get('x-vercel-error')], [500, 'FUNCTION_INVOCATION_FAILED']);
  assert.equal((await get('/api/dies')).status, 500);
  assert.equal((await get('/api/web')).status, 200);
  sandbox.vercel.behaviour.functionTimeoutMs = 50;
  assert.equal((await get('/api/hangs')).status, 504);
  sandbox.vercel.behaviour.functionTimeoutMs = 30_000;
  const counted = sandbox.edgeRequests().filter(({ deploymentId, status }) => deploymentId === app.id && status >= 500);
  assert.deepEqual(
    counted.map(({ path, by }) => [path, by]),
    [
      ['/api/throws', 'function'],
      ['/api/dies', 'function'],
      ['/api/hangs', 'function'],
    ],
  );
});

test('runtime logs stream the requests of functions with their console, not static ones', async () => {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const stop = new AbortController();
  const answer = await fetch(`${apiUrl}/v1/projects/${projectId}/deployments/${app.id}/runtime-logs?teamId=${teamId}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  let text = '';
  const reading = (async () => {
    for await (const chunk of answer.body ?? []) text += Buffer.from(chunk).toString();
  })().catch(() => {});
  await get('/');
  await get('/api/throws');
  await get('/api/web');
  while (text.split('\n').length < 5) await delay(5);
  stop.abort();
  await reading;
  const rows = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.map(({ source, level, requestPath, responseStatusCode }) => [source, level, requestPath, responseStatusCode]),
    [
      ['serverless', 'error', '/api/throws', 500],
      ['serverless', 'error', '/api/throws', 500],
      ['request', 'error', '/api/throws', 500],
      ['request', 'info', '/api/web', 200],
    ],
  );
  for (const line of text.trim().split('\n')) assert.ok(getRuntimeLogsResponseBodyFromJSON(line).ok, line);
  assert.equal(rows[0].message, 'about to fail');
  assert.equal(new Set(rows.map(({ rowId }) => rowId)).size, 4);
  assert.deepEqual([rows[0].requestId === rows[2].requestId, rows[2].requestId === rows[3].requestId], [true, false]);
});

test('the stream ends after Vercel’s limit with a delimiter', async () => {
  sandbox.vercel.behaviour.runtimeLogLimitMs = 20;
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const answer = await fetch(`${apiUrl}/v1/projects/${projectId}/deployments/${app.id}/runtime-logs?teamId=${teamId}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(JSON.parse(await answer.text()).source, 'delimiter');
});

test('the observability query counts what was served, within its limits (facts §6)', async () => {
  const minute = 60_000;
  const end = Math.ceil(Date.now() / minute) * minute;
  const query = (more: Record<string, unknown> = {}) =>
    callVercel(sandbox, 'POST', '/v2/observability/query', {
      metric: 'vercel.request.count',
      scope: { type: 'project', ownerId: sandbox.vercel.teamId, projectIds: [sandbox.vercel.project.id] },
      aggregation: 'sum',
      groupBy: ['httpStatus'],
      filter: "httpStatus ge 500 and environment eq 'production'",
      startTime: new Date(end - 10 * minute).toISOString(),
      endTime: new Date(end).toISOString(),
      granularity: { minutes: 1 },
      ...more,
    });
  const { json } = await query();
  const { summary } = json as unknown as { summary: { httpStatus: string; vercel_request_count_sum: number }[] };
  const failed = sandbox.edgeRequests().filter(({ status }) => status >= 500).length;
  assert.equal(
    summary.reduce((sum, row) => sum + row.vercel_request_count_sum, 0),
    failed,
  );
  assert.ok(summary.every(({ httpStatus }) => Number(httpStatus) >= 500));

  assert.equal((await query({ startTime: new Date(end - 10 * minute - 1000).toISOString() })).status, 400);
  assert.equal((await query({ startTime: new Date(end - 120 * minute).toISOString() })).status, 400);
  assert.equal((await query({ groupBy: ['deploymentId'] })).status, 400);
  assert.equal((await query({ filter: 'httpStatus like 5' })).status, 400);
  sandbox.vercel.behaviour.observabilityPlus = false;
  assert.equal((await query()).status, 402);
});

test('protection answers a redirect or a page until the bypass secret is right (facts §7)', async () => {
  const { project } = sandbox.vercel;
  const secret = sandbox.vercel.protect(project, 'all_except_custom_domains', true) ?? '';
  const [domain = ''] = sandbox.description.vercel.domains;
  assert.equal((await fetch(domain)).status, 200);
  const wall = await get('/api/web');
  assert.equal(wall.status, 302);
  assert.match(wall.headers.get('location') ?? '', /^https:\/\/vercel\.com\/sso-api\?url=/);
  sandbox.vercel.behaviour.protectionAnswer = 'page';
  assert.equal((await get('/api/web', { headers: { 'x-vercel-protection-bypass': 'wrong' } })).status, 401);
  assert.equal((await get('/api/web', { headers: { 'x-vercel-protection-bypass': secret } })).status, 200);
  assert.equal((await get(`/api/web?x-vercel-protection-bypass=${secret}`)).status, 200);
  sandbox.vercel.protect(project, 'all');
  assert.equal((await fetch(domain)).status, 401);
  sandbox.vercel.protect(project, null);
});

test('a prebuilt output is served as it is', async () => {
  const { url } = await deployFiles(
    sandbox,
    {
      '.vercel/output/config.json': '{"version":3}',
      '.vercel/output/static/index.html': '<h1>prebuilt</h1>',
      '.vercel/output/functions/api/hello.func/.vc-config.json':
        '{"runtime":"nodejs24.x","handler":"index.js","launcherType":"Nodejs"}',
      '.vercel/output/functions/api/hello.func/index.js':
        'module.exports = (request, response) => response.end("hello");',
    },
    { prebuilt: true },
  );
  assert.equal(await (await fetch(`http://${url}`)).text(), '<h1>prebuilt</h1>');
  assert.equal(await (await fetch(`http://${url}/api/hello`)).text(), 'hello');
});

test('addresses of deployments that are not ready, and of domains without one, find nothing', async () => {
  sandbox.vercel.orderBuild({ end: 'ERROR' });
  const failed = await deployFiles(sandbox, { 'a.txt': 'a' });
  assert.equal((await fetch(`http://${failed.url}`)).headers.get('x-vercel-error'), 'DEPLOYMENT_NOT_FOUND');
  const domain = await sandbox.vercel.addDomain(sandbox.vercel.project);
  assert.equal((await fetch(`http://${domain.name}`)).status, 404);
});
