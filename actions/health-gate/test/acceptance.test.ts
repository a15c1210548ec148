import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { deployFiles, type ToldDeployment } from '#sandbox/deploy-files';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

let sandbox: Sandbox;
let first: ToldDeployment;
let second: ToldDeployment;
let domain: string;

before(async () => {
  sandbox = await startSandbox({ postgres: false, vercel: { readyDelayMs: 4, aliasDelayMs: 4 } });
  const files = (version: string): Record<string, string> => ({
    'package.json': '{"type":"module"}',
    'index.html': '<h1>home</h1>',
    'api/health.js': `export const GET = () => Response.json({ status: 'healthy', version: '${version}', commit: 'abcdef1234567' });`,
    'api/away.js': `export const GET = () => new Response(null, { status: 307, headers: { location: 'https://login.example.com/' } });`,
  });
  first = await deployFiles(sandbox, files('1'), { target: 'production' });
  second = await deployFiles(sandbox, files('2'), { target: 'production' });
  domain = sandbox.description.vercel.domains[0] ?? '';
});
after(async () => {
  await sandbox.close();
  await removeWorkspaces();
});

const quick = { interval: '50ms', deadline: '30s', consecutive: '2' };
/** For a gate that ends at its deadline: long enough for a first round whose answer, not the deadline, is the reason. */
const failing = { deadline: '3s' };

function gate(inputs: Record<string, string>, files?: Record<string, string>): Promise<Ending> {
  const base: Record<string, string> = { 'base-url': domain, ...quick, ...inputs };
  return runBundle({ action: 'health-gate', inputs: base, ...(files && { files }) });
}

function vercel(): Record<string, string> {
  const { apiUrl, token, projectId, teamId } = sandbox.description.vercel;
  return { 'vercel-api-url': apiUrl, 'vercel-token': token, 'vercel-project': projectId, 'vercel-team': teamId };
}

test('a healthy app passes, and the output holds every outcome', async () => {
  const ending = await gate({ urls: '/api/health', 'expect-json': '$.status = healthy' });
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.decision, 'pass');
  assert.equal(ending.outputs['reason-code'], 'healthy');
  const [check] = JSON.parse(ending.outputs.checks ?? '[]');
  assert.equal(check.passed, 2);
  assert.equal(check.outcomes.length, 2);
  assert.match(ending.summary, /Health gate/);
});

test('without any configured check GET / stands in, and that is said', async () => {
  const ending = await gate({});
  assert.equal(ending.code, 0, ending.log);
  assert.match(ending.outputs.summary ?? '', /No check is configured/);
});

test('checks and times come from ops.yml, an input wins', async () => {
  const config = `
environments:
  production:
    url: ${domain}
    health: { checks: [{ path: /api/health, json: { $.version: '9' } }], consecutive: 4, interval: 50ms, deadline: 3s }
`;
  const inputs = { environment: 'production', interval: '', deadline: '', consecutive: '' };
  const wrong = await gate(inputs, { '.github/ops.yml': config });
  assert.equal(wrong.code, 1, wrong.log);
  assert.match(wrong.outputs.summary ?? '', /\$\.version is "2", expected "9"; not healthy within 3 s/);
  const own = { ...inputs, 'expect-json': '$.version = "2"', deadline: '30s' };
  const right = await gate(own, { '.github/ops.yml': config });
  assert.equal(right.outputs.decision, 'pass', right.log);
  assert.equal(right.result.rounds, 4);
});

test('the deployment that serves is asserted through Vercel (trap 19)', async () => {
  const right = await gate({ ...vercel(), 'expect-deployment': second.id });
  assert.equal(right.outputs.decision, 'pass', right.log);
  const wrong = await gate({ ...vercel(), 'expect-deployment': first.id, ...failing });
  assert.equal(wrong.outputs['reason-code'], 'wrong_deployment');
  assert.match(wrong.log, new RegExp(`::error::.*${second.id} is served, expected ${first.id}`));
  const staged = await gate({ ...vercel(), 'expect-deployment': first.id, 'base-url': `http://${first.url}` });
  assert.equal(staged.outputs.decision, 'pass', staged.log);
});

test('the commit can be asserted from the app, without any token', async () => {
  const commit = { urls: '/api/health', 'commit-path': '$.commit' };
  assert.equal((await gate({ ...commit, 'expect-commit': 'abcdef1' })).outputs.decision, 'pass');
  const other = await gate({ ...commit, 'expect-commit': '1234567', ...failing });
  assert.equal(other.outputs['reason-code'], 'wrong_commit', other.log);
});

test('an expired Vercel token is neither pass nor fail and the token is nowhere to be seen', async () => {
  const ending = await gate({
    ...vercel(),
    'vercel-token': 'canary-token-4711',
    'expect-deployment': second.id,
    ...failing,
  });
  assert.equal(ending.code, 1);
  assert.equal(ending.outputs.decision, 'could-not-run');
  assert.equal(ending.outputs['reason-code'], 'vercel_token_rejected');
  const shown = ending.log.replace(/^::add-mask::.*$/gm, '') + JSON.stringify(ending.outputs) + ending.summary;
  assert.doesNotMatch(shown, /canary-token/);
});

test('a redirect to another host fails, a missing page fails', async () => {
  const away = await gate({ urls: '/api/away', ...failing });
  assert.equal(away.outputs['reason-code'], 'redirect_to_other_host', away.log);
  const missing = await gate({ urls: '/nothing', ...failing });
  assert.equal(missing.outputs['reason-code'], 'wrong_status', missing.log);
});

test('a protected deployment is the login wall without the secret, the app with it', async () => {
  const secret = sandbox.vercel.protect(sandbox.vercel.project, 'all', true) ?? '';
  try {
    const walled = await gate({ deadline: '2m' });
    assert.equal(walled.outputs['reason-code'], 'sso_wall', walled.log);
    assert.equal(walled.result.rounds, 2, 'waiting does not change a login wall');
    const open = await gate({ 'protection-bypass-secret': secret });
    assert.equal(open.outputs.decision, 'pass', open.log);
    const byConfig = await gate(
      { 'base-url': '', environment: 'production', 'protection-bypass-secret': secret, ...vercel() },
      { '.github/ops.yml': `environments: { production: { url: '${domain}' } }\n` },
    );
    assert.equal(byConfig.outputs.decision, 'pass', byConfig.log);
    assert.equal(byConfig.outputs['secret-hosts'], new URL(domain).host);
  } finally {
    sandbox.vercel.protect(sandbox.vercel.project, null);
  }
});

test('all mistakes in the inputs are told at once', async () => {
  const ending = await gate({ consecutive: 'three', 'expect-deployment': 'prj_1', deadline: 'soon' });
  assert.equal(ending.code, 1);
  assert.equal(ending.outputs['reason-code'], 'bad_input');
  for (const name of ['consecutive', 'expect-deployment', 'deadline']) assert.match(ending.log, new RegExp(name));
});

test('a cancelled gate ends at once', async () => {
  let killedAt = 0;
  const ending = await runBundle({
    action: 'health-gate',
    inputs: { 'base-url': domain, urls: '/nothing', interval: '5m', deadline: '10m' },
    meanwhile: (child, log) =>
      child.stdout?.on('data', () => {
        if (killedAt > 0 || !/status 404/.test(log())) return;
        killedAt = performance.now();
        child.kill('SIGINT');
      }),
  });
  assert.equal(ending.outputs.decision, 'cancelled', ending.log);
  assert.ok(performance.now() - killedAt < 20_000);
});

test('what ops.yml extends in another repository is read with the token of the job', async () => {
  const reference = `acme/ops/web.yml@${'a'.repeat(40)}`;
  const github = createServer((request, response) => {
    const known = request.url === `/repos/acme/ops/contents/web.yml?ref=${'a'.repeat(40)}`;
    const may = request.headers.authorization === 'Bearer ghs_of_the_job';
    response.statusCode = known && may ? 200 : 404;
    response.end('health: { checks: [{ path: /api/health }], consecutive: 2, interval: 10ms, deadline: 30s }');
  }).listen(0, '127.0.0.1');
  await once(github, 'listening');
  const run = (token: Record<string, string>) =>
    runBundle({
      action: 'health-gate',
      inputs: { 'base-url': domain, environment: 'production', ...token },
      environment: { GITHUB_API_URL: `http://127.0.0.1:${(github.address() as AddressInfo).port}` },
      files: { '.github/ops.yml': `extends: ${reference}` },
    });
  const ending = await run({ 'github-token': 'ghs_of_the_job' });
  assert.equal(ending.outputs.decision, 'pass', ending.log);
  assert.equal(ending.result.rounds, 2);
  const without = await run({});
  github.close();
  assert.equal(without.outputs['reason-code'], 'bad_input');
  assert.match(without.log, /acme\/ops\/web\.yml.*could not be read: it is not there, or it is private/);
});
