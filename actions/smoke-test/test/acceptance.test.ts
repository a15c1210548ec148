import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { type Ending, removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

let baseUrl: string;
let flakyLeft = 0;
const server = createServer((request, response) => {
  const broken = request.url === '/broken' || (request.url === '/flaky' && flakyLeft-- > 0);
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
