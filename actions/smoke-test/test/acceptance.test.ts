import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

let baseUrl: string;
let flakyLeft = 0;
let down = '';
const server = createServer((request, response) => {
  const broken = ['/broken', down].includes(request.url ?? '') || (request.url === '/flaky' && flakyLeft-- > 0);
  response.writeHead(broken ? 500 : 200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
});
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await removeWorkspaces();
});

function smoke(inputs: Record<string, string>, files: Record<string, string> = {}): Promise<Ending> {
  return runBundle({ action: 'smoke-test', inputs: { 'base-url': baseUrl, ...inputs }, files });
}

test('a suite passes with counts, JUnit and a summary', async () => {
  const suite = '- /api/health\n- { name: status, path: /api/status, json: { $.status: ok } }\n';
  const ending = await smoke({ suite: 'smoke.yml', junit: 'out/junit.xml' }, { 'smoke.yml': suite });
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.decision, 'pass');
  assert.equal(ending.outputs.passed, '2');
  assert.match(await ending.read('out/junit.xml'), /<testcase classname="smoke" name="status"/);
  assert.match(ending.summary, /Smoke tests on/);
});

test('preset tag-release without any script of the app: three checks, and the one that fails is named', async () => {
  const files = { '.github/ops.yml': 'extends: tag-release\n' };
  const run = () => smoke({ environment: 'production' }, files);
  const ending = await run();
  assert.deepEqual([ending.code, ending.outputs.decision, ending.outputs.passed], [0, 'pass', '3'], ending.log);
  for (down of ['/api/health', '/api/auth/session', '/api/status']) {
    const failed = await run();
    assert.deepEqual([failed.code, failed.outputs.passed, failed.outputs.failed], [1, '2', '1'], failed.log);
    assert.match(failed.outputs.summary ?? '', new RegExp(`GET ${down}`));
  }
  down = '';
});

test('a retry makes it flaky: green with a warning', async () => {
  flakyLeft = 1;
  const ending = await smoke({ suite: 's.json' }, { 's.json': '["/flaky"]' });
  assert.equal(ending.code, 0);
  assert.equal(ending.outputs.decision, 'flaky');
  assert.match(ending.log, /::warning::/);
  flakyLeft = 1;
  const strict = await smoke({ suite: 's.json', retries: '0' }, { 's.json': '["/flaky"]' });
  assert.equal(strict.outputs.decision, 'fail');
});

test('checks and command of ops.yml run for the environment', async () => {
  const script = `console.log(process.argv.slice(2).join(' '), process.env.BASE_URL, process.env.INPUT_COMMAND ?? 'no input', process.env.SEEN, process.env.UNSEEN)`;
  const config = `
environments:
  staging:
    smoke: { command: 'node smoke.js --env={environment}', checks: [/api/health] }
`;
  const files = { '.github/ops.yml': config, 'smoke.js': script };
  const ending = await runBundle({
    action: 'smoke-test',
    inputs: { environment: 'staging', 'base-url': baseUrl, 'command-variables': 'SEEN' },
    environment: { SEEN: 'seen', UNSEEN: 'unseen' },
    files,
  });
  assert.equal(ending.code, 0, ending.log);
  assert.equal(ending.outputs.passed, '2');
  assert.match(ending.log, new RegExp(`--env=staging ${baseUrl} no input seen undefined`));
});

test('the end-to-end command of ops.yml runs alone, and a mistake is named where there is none (PDW-05)', async () => {
  const config = `
environments:
  staging:
    smoke: { command: 'node smoke.js', checks: [/broken], end-to-end: 'node e2e.js {environment}' }
`;
  const files = { '.github/ops.yml': config, 'e2e.js': `console.log('all of', process.argv[2])` };
  const inputs = { environment: 'staging', tests: 'end-to-end' };
  const ending = await smoke(inputs, files);
  assert.deepEqual([ending.code, ending.outputs.decision, ending.outputs.passed], [0, 'pass', '1'], ending.log);
  assert.match(ending.log, /all of staging/);
  const none = await smoke(inputs, { '.github/ops.yml': 'environments: { staging: { smoke: node smoke.js } }' });
  assert.deepEqual([none.code, none.outputs.decision], [1, 'could-not-run'], none.log);
  assert.match(none.log, /smoke\.end-to-end/);
});

test('critical features are tried each by its name (PDW-05)', async () => {
  const config = `
environments:
  staging:
    smoke: { features: { login: 'node login.js', publishing: [/broken], imports: confirm } }
`;
  const files = { '.github/ops.yml': config, 'login.js': '' };
  const ending = await smoke({ environment: 'staging', tests: 'features', retries: '0' }, files);
  assert.deepEqual([ending.code, ending.outputs.decision], [1, 'fail'], ending.log);
  const found = JSON.parse(ending.outputs.features ?? '') as Record<string, { decision: string; summary: string }>;
  assert.deepEqual(
    Object.entries(found).map(([name, { decision }]) => [name, decision]),
    [
      ['login', 'pass'],
      ['publishing', 'fail'],
    ],
  );
  assert.match(ending.outputs.summary ?? '', /^Critical features: failed: publishing \(GET \/broken: /);
});

test('setup-commands run before the command and never alone', async () => {
  const config = 'environments:\n  staging:\n    smoke: { command: node web/smoke.js }\n';
  const files = { '.github/ops.yml': config, 'web/package.json': '{}' };
  const inputs = { environment: 'staging', 'base-url': baseUrl, 'setup-directory': 'web' };
  const commands = `ls package.json\necho 'console.log("prepared", process.env.GITHUB_ENV)' > smoke.js`;
  const ending = await runBundle({ action: 'smoke-test', inputs: { ...inputs, 'setup-commands': commands }, files });
  assert.equal(ending.outputs.decision, 'pass', ending.log);
  assert.match(ending.log, /prepared undefined/);
  const failed = await runBundle({ action: 'smoke-test', inputs: { ...inputs, 'setup-commands': 'exit 3' }, files });
  assert.deepEqual([failed.code, failed.outputs['reason-code']], [1, 'setup_failed'], failed.log);
  const checksOnly = await smoke({ suite: 's.yml', 'setup-commands': 'exit 3' }, { 's.yml': '- /a' });
  assert.equal(checksOnly.outputs.decision, 'pass', checksOnly.log);
});

test('a failing command is red with its exit code and its last lines', async () => {
  const ending = await smoke({ command: 'node -e "console.log(\'::error::fake\'); process.exit(7)"' });
  assert.equal(ending.code, 1);
  assert.equal(ending.outputs['reason-code'], 'command_failed');
  assert.match(ending.outputs.summary ?? '', /exit code 7/);
  assert.match(ending.summary, /fake/);
  assert.doesNotMatch(ending.log, /^::error::fake/m);
});

test('the bypass secret reaches the command by its name and is shown nowhere', async () => {
  const command = 'node -e "console.log(process.env.VERCEL_AUTOMATION_BYPASS_SECRET.length)"';
  const ending = await smoke({ command, 'protection-bypass-secret': 'canary-bypass-1234' });
  assert.equal(ending.outputs.decision, 'pass', ending.log);
  const shown = ending.log.replace(/^::add-mask::.*$/gm, '') + JSON.stringify(ending.outputs) + ending.summary;
  assert.doesNotMatch(shown, /canary-bypass/);
  const elsewhere = { command, 'protection-bypass-secret': 'canary-bypass-1234', 'secret-hosts': 'app.example.com' };
  const without = await smoke(elsewhere);
  assert.equal(without.outputs.decision, 'fail', 'Vercel did not say that the tested host is of the project (S20)');
  assert.match(without.log, /The bypass secret is not sent to 127\.0\.0\.1/);
});

test('nothing configured, an unreadable suite and a missing program are red', async () => {
  assert.equal((await smoke({})).outputs['reason-code'], 'nothing_configured');
  const unreadable = await smoke({ suite: 'none.yml' });
  assert.equal(unreadable.outputs['reason-code'], 'bad_input');
  assert.match(unreadable.log, /none\.yml/);
  assert.equal((await smoke({ command: 'no-such-program' })).outputs.decision, 'could-not-run');
});

test('a cancelled command is ended with everything it started', async () => {
  const ending = await runBundle({
    action: 'smoke-test',
    inputs: { 'base-url': baseUrl, command: 'node -e "console.log(process.pid);setInterval(()=>{},1e6)"' },
    meanwhile: (child, log) => {
      const wait = setInterval(() => {
        if (!/^\d+$/m.test(log())) return;
        clearInterval(wait);
        child.kill('SIGTERM');
      }, 50);
    },
  });
  assert.equal(ending.outputs.decision, 'cancelled', ending.log);
  const pid = Number(/^(\d+)$/m.exec(ending.log)?.[1]);
  assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
