import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { startUsers } from './people.ts';
import { fastOps, opsFile, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';
import { bad, good, watch } from './suffering-users.ts';

describe('a watch', { concurrency: 3 }, () => {
  test('that sees no traffic at all ends held, green with a warning, when our own checks are clean', async () => {
    await using fixture = await releaseFixture();
    await fixture.release({ version: 'v1.0.0' });
    const ended = await fixture.release({ version: 'v1.1.0', files: { '.github/ops.yml': opsFile({ watch }) } });
    expectEnd(fixture, ended, {
      decision: 'held',
      reason: 'too_little_traffic',
      conclusion: 'success',
      says: /Live, not proven: .*0 requests.*all \d rounds of our own checks passed/,
      serves: ended.deploymentId,
    });
    assert.ok(ended.warnings.some((warning) => warning.includes('Live, not proven')));
    const { requests, probes } = ended.result('watch') as { requests: number; probes: { clean: boolean } };
    // Health and smoke since the promotion were counted, too, and known as ours.
    assert.deepEqual([requests, probes.clean], [0, true]);
    assert.equal(fixture.accepted('rollback'), 0);
    await expectSettled(fixture, true);
  });

  test('that sees a breach takes the release back with exactly one accepted request, although its answer is lost', async () => {
    await using fixture = await releaseFixture({
      ops: { watch: shortWatch },
      files: { 'api/ping.js': good },
    });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    fixture.sandbox.faults.order({
      service: 'vercel',
      method: 'POST',
      route: '/v1/projects/:project/rollback/:deployment',
      fault: { afterEffect: true },
    });
    const users = startUsers(`${fixture.address}/api/ping`, 30);
    const longer = { ...watch, window: '60s', rules: ['error-rate above 5% within 60s'] };
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch: longer }) },
    });
    await users.stop();
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'breach',
      conclusion: 'failure',
      says: /error rate|error-rate/i,
      serves: live,
      next: /ops-actions unlock --environment production/,
    });
    const { promotedAt } = ended.result('promote') as { promotedAt: number };
    const seen = ended.result('watch') as { startedAt: number; unseenSeconds?: number };
    assert.ok(seen.startedAt <= promotedAt, 'what users met from the promotion on was counted');
    assert.equal(seen.unseenSeconds, undefined);
    const sent = fixture.writes('vercel').filter((line) => /rollback\/dpl_/.test(line));
    assert.equal(sent.length, 1);
    assert.equal(fixture.accepted('promote'), 1);
    const [lock, ...more] = await fixture.locks();
    assert.deepEqual([lock?.target?.deploymentId, more.length], [live, 0]);
    assert.equal(fixture.autoAssign(), false, 'off while the lock holds');
    const issues = await fixture.issues();
    assert.deepEqual(
      issues.map(({ title }) => title),
      ['v1.1.0 on production was rolled back'],
    );
    // Two messages frame the rollback: as the swap starts, and how it ended (ARB-14, FRB-12).
    const slack = (await fixture.slack()).filter((text) => /v1\.1\.0|Rollback:/.test(text)).join('\n');
    const started =
      /Rolling back v1\.1\.0 on production to v1\.0\.0 \(dpl_\w+\), beside this message\. Why: .*requests.*"error-rate above 5% within 60s"/;
    assert.match(slack, started);
    assert.match(slack, /v1\.1\.0 was rolled back in production: Rolled back to v1\.0\.0/);
    const checklist = (issues[0]?.body ?? '').split('### Rollback checklist')[1] ?? '';
    assert.equal(checklist.match(/^- \[[x ]\] .*\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/gm)?.length, 11, checklist);
    assert.match(checklist, /- \[x\] `Slack notification sent`: `beside the start of the swap/);
    const refused = await fixture.release({ version: 'v1.2.0' });
    expectEnd(fixture, refused, {
      decision: 'refused',
      reason: 'locked',
      conclusion: 'failure',
      says: /production is locked.*v1\.1\.0/,
      serves: live,
      next: /ops-actions unlock/,
    });
  });

  test('is not even needed where health fails on the public address: it is taken back whatever the mode', async () => {
    await using fixture = await releaseFixture({
      ops: { watch: { ...shortWatch, mode: 'observe' }, health: soonSick },
    });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const ended = await fixture.release({ version: 'v1.1.0', files: { 'api/health.js': sickInPublic } });
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: /the health gate failed after the promotion/,
      serves: live,
      next: /ops-actions unlock/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.equal((await fixture.issues()).length, 1);
  });

  test('is not reached where smoke tests fail on production: it is taken back, and told as late where that took too long', async () => {
    await using fixture = await releaseFixture({
      ops: {
        watch: shortWatch,
        health: { ...fastOps.health, checks: [{ path: '/' }] },
        smoke: { checks: [{ path: '/api/health' }] },
        rollback: { app: { limit: '1ms' } },
      },
    });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const ended = await fixture.release({ version: 'v1.1.0', files: { 'api/health.js': sickInPublic } });
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'smoke_failed',
      conclusion: 'failure',
      says: /the smoke tests failed after the promotion.*LATE: the way back took .* its limit is/,
      serves: live,
      next: /ops-actions unlock/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.match((await fixture.issues())[0]?.body ?? '', /LATE: the way back took/);
  });

  test('in mode observe only says what it saw, in mode notify it is red and a person decides', async () => {
    await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const users = startUsers(`${fixture.address}/api/ping`, 30);
    const observed = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch: { ...watch, mode: 'observe' } }) },
    });
    expectEnd(fixture, observed, {
      decision: 'would-roll-back',
      reason: 'above_limit',
      conclusion: 'success',
      says: /error rate|error-rate/i,
      serves: observed.deploymentId,
      next: new RegExp(`ops-actions rollback --environment production --target ${live}`),
    });
    assert.ok(observed.warnings.length > 0);
    const notified = await fixture.release({
      version: 'v1.2.0',
      files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch: { ...watch, mode: 'notify' } }) },
    });
    await users.stop();
    // Raising the mode shows what the milder one left undone (ARB-09).
    const raised = JSON.stringify(notified.result('preflight').problems);
    assert.match(
      raised,
      /from observe to notify; it would have rolled back: v1\.1\.0 on .*error-rate above 5% within 4s/,
    );
    expectEnd(fixture, notified, {
      decision: 'would-roll-back',
      reason: 'above_limit',
      conclusion: 'failure',
      says: /error rate|error-rate/i,
      serves: notified.deploymentId,
      next: /ops-actions rollback --environment production --target dpl_/,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    await expectSettled(fixture, true);
    const told = await fixture.command('would-have-been', '--environment', 'production');
    assert.match(told, /mode auto would have rolled back:\nv1\.2\.0 .*\(mode notify\).*\nv1\.1\.0 .*\(mode observe\)/);
  });
});
