import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { loadConfig } from '#config/load-config';
import type { Clock } from '#http/clock';
import { resolveCheck } from './check.ts';
import { type HealthGate, type HealthReport, runHealthGate } from './health-gate.ts';

/** A gate asks its app really and waits only in name: every wait is over at once, and it is later by as much. */
function waitingInName(): Clock {
  let now = Date.now();
  return {
    now: () => now,
    async sleep(ms) {
      now += ms;
    },
  };
}

/** Runs a gate against an app that answers with these statuses in turn, the last one for ever. */
async function gateOn(
  statuses: number[],
  options: Partial<HealthGate> = {},
  body = '{"commit":"abcdef1234567"}',
): Promise<HealthReport> {
  let asked = 0;
  const server = createServer((_, response) => {
    const status = statuses[Math.min(asked, statuses.length - 1)] ?? 200;
    asked += 1;
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    return await runHealthGate({
      checks: [resolveCheck({ path: '/' }, { baseUrl })],
      context: { listedHosts: new Set([new URL(baseUrl).host]), clock: waitingInName() },
      consecutive: 2,
      intervalMs: 10_000,
      deadlineMs: 60_000,
      ...options,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('a healthy app passes after the passes in a row that were asked for', async () => {
  const report = await gateOn([200], { consecutive: 3 });
  assert.equal(report.decision, 'pass');
  assert.equal(report.reasonCode, 'healthy');
  assert.equal(report.rounds.length, 3);
});

test('an app that comes up late passes, and the failures before are said', async () => {
  const report = await gateOn([503, 503, 200]);
  assert.equal(report.decision, 'pass');
  assert.equal(report.reasonCode, 'healthy_after_failures');
  assert.match(report.summary, /2 rounds with failures/);
});

test('alternating answers never pass', async () => {
  const report = await gateOn([200, 500, 200, 500, 200, 500]);
  assert.equal(report.decision, 'fail');
  assert.equal(report.rounds.length, 6);
});

test('the deadline ends a gate that waits, and the last problem is named', async () => {
  const report = await gateOn([500]);
  assert.equal(report.decision, 'fail');
  assert.equal(report.reasonCode, 'wrong_status');
  assert.match(report.summary, /status 500.*not healthy within 60 s/);
  assert.equal(report.rounds.length, 6);
});

test('of the parts of a preset the failing one is named, whichever it is (HLT-02)', async () => {
  const { settings } = await loadConfig({
    file: 'ops.yml',
    text: 'extends: tag-release',
    environment: 'production',
    throwAway: false,
    readReference: () => assert.fail('nothing is fetched'),
  });
  const parts = settings.health.checks ?? [];
  assert.equal(parts.length, 4);
  let broken = '';
  const server = createServer((request, response) => response.writeHead(request.url === broken ? 503 : 200).end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const checks = parts.map((check) => resolveCheck(check, { baseUrl }));
    const listedHosts = new Set([new URL(baseUrl).host]);
    for (const { name, path } of parts) {
      broken = path;
      const report = await gateOn([200], { checks, context: { listedHosts, clock: waitingInName() } });
      assert.equal(report.decision, 'fail');
      assert.ok(report.summary.startsWith(`${name} (`), report.summary);
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('what waiting cannot change ends the gate early', async () => {
  const checks = [resolveCheck({ path: 'http://169.254.169.254/' }, {})];
  const report = await gateOn([200], { checks });
  assert.equal(report.decision, 'could-not-run');
  assert.equal(report.reasonCode, 'address_refused');
  assert.equal(report.rounds.length, 2);
});

test('a healthy answer from another deployment fails, from the right one passes (trap 19)', async () => {
  const serving = (id: string): HealthGate['serving'] => ({
    expected: { deploymentId: 'dpl_new' },
    host: 'app.example',
    read: async () => ({ deploymentId: id }),
  });
  const wrong = await gateOn([200], { serving: serving('dpl_old') });
  assert.equal(wrong.decision, 'fail');
  assert.equal(wrong.reasonCode, 'wrong_deployment');
  assert.match(wrong.summary, /dpl_old is served, expected dpl_new/);
  assert.equal((await gateOn([200], { serving: serving('dpl_new') })).decision, 'pass');
});

test('a deployment that cannot be asked for is neither pass nor fail', async () => {
  const read = async (): Promise<never> => {
    throw Object.assign(new Error('no answer'), { reasonCode: 'vercel_unreachable' });
  };
  const serving = { expected: { deploymentId: 'dpl_new' }, host: 'app.example', read };
  const report = await gateOn([200], { serving });
  assert.equal(report.decision, 'could-not-run');
  assert.equal(report.reasonCode, 'vercel_unreachable');
});

test('Vercel that never answers holds a gate no longer than its deadline, and what was seen before decides', async () => {
  const never = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  let asked = 0;
  const read = async (signal: AbortSignal) => (asked++ === 0 ? { deploymentId: 'dpl_old' } : never(signal));
  const serving = { expected: { deploymentId: 'dpl_new' }, host: 'app.example', read };
  const once = await gateOn([200], { serving, deadlineMs: 13_000 });
  assert.equal(asked, 2);
  assert.deepEqual([once.decision, once.reasonCode], ['fail', 'wrong_deployment']);
  const silent = await gateOn([200], { serving, deadlineMs: 3000 });
  assert.deepEqual([silent.decision, silent.reasonCode], ['could-not-run', 'timeout']);
  assert.match(silent.summary, /which deployment serves was not told within 3 s/);
});

test('a gate that is cancelled rejects with the reason, though Vercel is still being asked', async () => {
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const late = Promise.withResolvers<never>();
  const read = () => {
    stop.abort(reason);
    return late.promise;
  };
  const serving = { expected: { deploymentId: 'dpl_new' }, host: 'app.example', read };
  const context = { listedHosts: new Set(['127.0.0.1:1']), clock: waitingInName(), signal: stop.signal };
  const checks = [resolveCheck({ path: 'http://127.0.0.1:1/' }, {})];
  await assert.rejects(gateOn([200], { checks, context, serving }), reason);
  late.reject(reason);
  // An error that nobody waits for would end the process by now.
  await setImmediate();
});

test('a gate without a single check could not run', async () => {
  const report = await gateOn([200], { checks: [] });
  assert.deepEqual([report.decision, report.reasonCode, report.rounds.length], ['could-not-run', 'no_checks', 1]);
});

test('the commit can be read from the app itself', async () => {
  const serving = (commit: string): HealthGate['serving'] => ({
    expected: { commit },
    host: 'app',
    commitPath: '$.commit',
  });
  assert.equal((await gateOn([200], { serving: serving('abcdef1234567890') })).decision, 'pass');
  const other = await gateOn([200], { serving: serving('1234567abcdef') });
  assert.equal(other.reasonCode, 'wrong_commit');
});

test('a check that is not critical is told and passes the gate; a critical one fails it (ARB-06)', async () => {
  const gone = (critical: boolean) =>
    resolveCheck({ path: '/login', name: 'login', critical }, { baseUrl: 'http://127.0.0.1:1' });
  const context = { listedHosts: new Set(['127.0.0.1:1']), clock: waitingInName() };
  const told = await gateOn([200], { context, checks: [gone(false)] });
  assert.deepEqual([told.decision, told.reasonCode], ['pass', 'not_critical_failed'], told.summary);
  assert.match(told.summary, /alert only, not critical: login: /);
  const broken = await gateOn([200], { context, checks: [gone(false), gone(true)] });
  assert.notEqual(broken.decision, 'pass', broken.summary);
});

test('of a gate one check at least is critical: ops.yml is refused otherwise', async () => {
  const load = (health: string) =>
    loadConfig({
      file: 'ops.yml',
      text: `health: ${health}`,
      environment: 'production',
      throwAway: false,
      readReference: () => assert.fail('nothing is fetched'),
    });
  const { settings } = await load('[{ path: /a, critical: false }, /b]');
  assert.deepEqual(
    settings.health.checks?.map(({ critical }) => critical),
    [false, undefined],
  );
  for (const alone of ['[{ path: /a, critical: false }]', '{ checks: [{ path: /a, critical: false }] }'])
    await assert.rejects(load(alone), /one check at least that is critical/);
});
