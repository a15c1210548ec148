import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { createDeployment, type DeploymentOptions } from '@vercel/client';
import { deployFiles } from './deploy-files.ts';
import type { Sandbox } from './sandbox-types.ts';
import { startSandbox } from './start-sandbox.ts';

let sandbox: Sandbox;
let folder: string;

before(async () => {
  sandbox = await startSandbox({ postgres: false, vercel: { readyDelayMs: 20, aliasDelayMs: 20 } });
  folder = await mkdtemp(join(tmpdir(), 'vercel-client-'));
});
after(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

async function write(name: string, files: Record<string, string>): Promise<string> {
  const app = join(folder, name);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(app, path)), { recursive: true });
    await writeFile(join(app, path), text);
  }
  return app;
}

/** Runs createDeployment until one of `until`, and gives the kinds of its events and the last payload. */
async function deploy(path: string, options: Partial<DeploymentOptions> & Record<string, unknown>, until: string[]) {
  const { apiUrl, token, teamId, projectId } = sandbox.description.vercel;
  const types: string[] = [];
  const client = { apiUrl, token, teamId, path, skipAutoDetectionConfirmation: true };
  // `project` is not among the client's types; it passes it on, and the CLI sends it.
  const wanted: DeploymentOptions & { project: string } = { name: 'notes-app', project: projectId, ...options };
  for await (const { type, payload } of createDeployment(client, wanted)) {
    types.push(type);
    if (until.includes(type)) return { types, payload };
  }
  throw new Error(`it ended after ${types.join(', ')}`);
}

test('createDeployment uploads what is missing, builds, and becomes production as the first', async () => {
  const app = await write('first', {
    'public/index.html': '<h1>first</h1>',
    'api/echo.js': 'export default (a, b) => b.end("x")',
  });
  const { types, payload } = await deploy(app, { target: 'production' }, ['alias-assigned', 'error']);
  assert.deepEqual(types.filter((type) => type === 'file-uploaded').length, 2);
  assert.ok(types.includes('created') && types.includes('ready') && types.at(-1) === 'alias-assigned', types.join());
  const [domain = ''] = sandbox.description.vercel.domains;
  assert.equal(await (await fetch(domain)).text(), '<h1>first</h1>');
  assert.equal(payload.readySubstate, 'PROMOTED');

  const again = await deploy(app, { target: 'production' }, ['ready', 'error']);
  assert.ok(!again.types.includes('file-count'), 'files that are known are not sent again');
});

test('a deployment without auto-assignment is STAGED and never aliased', async () => {
  const app = await write('staged', { 'public/index.html': '<h1>staged</h1>', 'vercel.json': '{}' });
  const { payload } = await deploy(app, { target: 'production', autoAssignCustomDomains: false }, ['ready', 'error']);
  assert.equal(payload.readySubstate, 'STAGED');
  assert.equal(payload.aliasAssigned, false);
  assert.equal(await (await fetch(`http://${payload.url}`)).text(), '<h1>staged</h1>');
});

test('a few static pages are READY in the answer itself', async () => {
  const app = await write('tiny', { 'index.html': '<h1>tiny</h1>' });
  const { types } = await deploy(app, {}, ['alias-assigned', 'error']);
  assert.deepEqual(types, ['hashes-calculated', 'created', 'ready', 'alias-assigned']);
});

test('variables of one deployment are over those of the project, and a redeploy has them no more', async () => {
  const app = await write('variables', { 'api/who.js': 'export default (a, b) => b.end(process.env.WHO ?? "nobody")' });
  const { payload } = await deploy(app, { env: { WHO: 'the drill' } }, ['ready', 'error']);
  const answer = async (host: unknown) => (await fetch(`http://${host}/api/who`)).text();
  assert.equal(await answer(payload.url), 'the drill');
  const { apiUrl, token, teamId } = sandbox.description.vercel;
  const call = async (path: string, body?: object) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const more = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${apiUrl}/v13/deployments${path}?teamId=${teamId}`, { headers, ...more });
    return {
      status: response.status,
      body: (await response.json()) as { url: string; id: string; readyState: string },
    };
  };
  const post = (body: object) => call('', body);
  const again = await post({ name: 'notes-app', deploymentId: payload.id });
  assert.equal(again.status, 200);
  while ((await call(`/${again.body.id}`)).body.readyState !== 'READY')
    await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await answer(again.body.url), 'nobody');
  assert.equal((await post({ name: 'notes-app', files: [], env: { WHO: 1 } })).status, 400);
});

test('builds end as ordered: ERROR, CANCELED, BLOCKED', async () => {
  const app = await write('broken', { 'public/index.html': 'x', 'vercel.json': '{}' });
  sandbox.vercel.orderBuild({ end: 'ERROR', errorCode: 'BUILD_FAILED', errorMessage: 'Module not found' });
  const failed = await deploy(app, {}, ['ready', 'error']);
  assert.equal(failed.types.at(-1), 'error');
  assert.equal(failed.payload.errorMessage, 'Module not found');

  sandbox.vercel.orderBuild({ end: 'CANCELED' });
  assert.equal((await deploy(app, {}, ['ready', 'error', 'canceled'])).types.at(-1), 'canceled');

  sandbox.vercel.orderBuild({ end: 'BLOCKED' });
  const { payload } = await deploy(app, {}, ['created']);
  assert.equal(payload.readyState, 'BLOCKED');
  assert.match(payload.errorMessage, /Git author .* must have access/);
});

test('builds fail for reasons of their own: a failing command, a missing dependency, broken settings', async () => {
  const cases: [Record<string, string>, RegExp][] = [
    [{ 'package.json': JSON.stringify({ scripts: { build: 'echo compiling && exit 3' } }) }, /exited with 3/],
    [{ 'package.json': JSON.stringify({ dependencies: { 'left-pad-of-nobody': '1' } }) }, /left-pad-of-nobody is not/],
    [{ 'vercel.json': '{' }, /vercel.json is not valid JSON/],
    [{ 'vercel.json': '{"outputDirectory":"out"}' }, /No Output Directory named "out"/],
  ];
  for (const [files, message] of cases) {
    const told = await deployFiles(sandbox, files);
    assert.equal(told.readyState, 'ERROR');
    assert.match(told.errorMessage ?? '', message);
  }
});

test('the Root Directory of the project decides what is served', async () => {
  sandbox.vercel.project.rootDirectory = 'apps/web';
  const good = await deployFiles(sandbox, { 'apps/web/index.html': '<h1>web</h1>', 'other.txt': 'x' });
  assert.equal(await (await fetch(`http://${good.url}`)).text(), '<h1>web</h1>');
  const bad = await deployFiles(sandbox, { 'index.js': '' });
  assert.match(bad.errorMessage ?? '', /Root Directory "apps\/web" does not exist/);
  sandbox.vercel.project.rootDirectory = null;
});

test('a build command makes what is served', async () => {
  const build = 'mkdir dist && echo "$VERCEL_ENV" > dist/index.html';
  const settings = JSON.stringify({ buildCommand: build, outputDirectory: 'dist' });
  const { url } = await deployFiles(sandbox, { 'package.json': '{}', 'vercel.json': settings });
  assert.equal(await (await fetch(`http://${url}`)).text(), 'preview\n');
});
