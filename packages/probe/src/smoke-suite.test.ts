import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { systemClock } from '#http/clock';
import { resolveCheck } from './check.ts';
import { renderJunit } from './junit.ts';
import { runSmokeCommand } from './smoke-command.ts';
import { runSmokeSuite, type SmokeReport, type SmokeSuite } from './smoke-suite.ts';

const log: string[] = [];
const server = createServer((request, response) => {
  const path = request.url ?? '';
  log.push(path);
  const flakyFirst = path === '/flaky' && log.filter((each) => each === path).length === 1;
  response.writeHead(path === '/broken' || flakyFirst ? 500 : 200).end('ok');
}).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(() => {
  server.closeAllConnections();
  server.close();
});

function suite(paths: string[], options: Partial<SmokeSuite> = {}): Promise<SmokeReport> {
  log.length = 0;
  return runSmokeSuite({
    checks: paths.map((path) => resolveCheck({ path }, { baseUrl })),
    context: { listedHosts: new Set([new URL(baseUrl).host]), clock: systemClock },
    retries: 1,
    deadlineMs: 10_000,
    ...options,
  });
}

test('checks run once each, in order', async () => {
  const report = await suite(['/one', '/two', '/three']);
  assert.equal(report.decision, 'pass');
  assert.deepEqual(log, ['/one', '/two', '/three']);
});

test('a test rescued by a retry is flaky, not passed (trap 27)', async () => {
  const report = await suite(['/one', '/flaky']);
  assert.equal(report.decision, 'flaky');
  assert.match(report.summary, /1 of 2 smoke tests passed only on a retry: GET \/flaky/);
});

test('a failure outweighs everything and the rest still runs', async () => {
  const report = await suite(['/broken', '/flaky', '/last']);
  assert.equal(report.decision, 'fail');
  assert.deepEqual(log, ['/broken', '/broken', '/flaky', '/flaky', '/last']);
});

test('nothing configured and nothing reached never pass', async () => {
  assert.equal((await suite([])).decision, 'could-not-run');
  const late = await suite(['/one'], { deadlineMs: 0 });
  assert.equal(late.decision, 'could-not-run');
  assert.equal(late.reasonCode, 'deadline_over');
});

const command = { environment: 'production', url: baseUrl, workingDirectory: process.cwd() };

test("the consumer's command gets environment and address, and no other variable of the job (S13)", async () => {
  process.env.INPUT_CANARY = 'canary';
  const script = 'process.stdout.write([process.argv[1],process.env.BASE_URL,process.env.INPUT_CANARY].join(" "))';
  const test = await runSmokeCommand({ ...command, command: `node -e '${script}' -- --env={environment}` }, 10_000);
  assert.equal(test.outcome, 'pass');
  assert.equal(test.output, `--env=production ${baseUrl} `.trim());
});

test('exit code, missing program and deadline are told apart', async () => {
  assert.equal(
    (await runSmokeCommand({ ...command, command: 'node -e "process.exit(3)"' }, 10_000)).message,
    'exit code 3',
  );
  const missing = await runSmokeCommand({ ...command, command: 'no-such-program-here --x' }, 10_000);
  assert.equal(missing.outcome, 'could-not-run');
  const slow = await runSmokeCommand({ ...command, command: 'node -e "setTimeout(()=>{},60000)"' }, 300);
  assert.equal(slow.reasonCode, 'timeout');
});

test('shell syntax runs in the shell', async () => {
  const found = await runSmokeCommand(
    { ...command, command: 'echo {environment} | tr a-z A-Z && test -n "$BASE_URL"' },
    10_000,
  );
  assert.equal(found.outcome, 'pass');
  assert.equal(found.output, 'PRODUCTION');
});

test('JUnit escapes foreign text and counts every kind', async () => {
  const report = await suite(['/broken', '/flaky', '/one']);
  const hostile = {
    name: '<a b="1">]]>&\u001b\u0007',
    outcome: 'could-not-run',
    reasonCode: 'x',
    message: '"\'<',
    durationMs: 5,
    attempts: [],
  } as const;
  const xml = renderJunit({
    name: 'smoke & more',
    tests: [...report.tests, { ...hostile, attempts: [] }],
    startedAt: 1,
    durationMs: 1234,
  });
  assert.match(xml, /tests="4" failures="1" errors="1" skipped="0" time="1\.234"/);
  assert.match(xml, /name="&lt;a b=&quot;1&quot;&gt;\]\]&gt;&amp;"/);
  assert.match(xml, /<flakyFailure type="wrong_status"/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 forbids them
  assert.doesNotMatch(xml, /[\u0000-\u0008\u000b-\u001f]/);
});

test('a flow that is not critical alerts only; a critical one fails the suite, whatever the other does (ARB-06)', async () => {
  const check = (path: string, critical?: boolean) =>
    resolveCheck({ path, ...(critical !== undefined && { critical }) }, { baseUrl });
  const alert = await suite([], { checks: [check('/login'), check('/broken', false)] });
  assert.deepEqual([alert.decision, alert.reasonCode], ['pass', 'not_critical_failed']);
  assert.match(alert.summary, /1 of 2 smoke tests passed; alert only, not critical: GET \/broken: /);
  const broken = await suite([], { checks: [check('/login', false), check('/broken', true)] });
  assert.equal(broken.decision, 'fail');
});
