import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rollBackInDashboard } from './dashboard.ts';
import { expectEnd, expectSettled } from './expect-end.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch, sickInPublic, soonSick } from './release-fixture.ts';

describe('a rollback', { concurrency: 2 }, () => {
  test('in the dashboard, a release is refused until unlock acknowledges it: then auto-assign is on again and it goes through', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const first = await fixture.release({ version: 'v1.0.0' });
    await fixture.release({ version: 'v1.1.0' });
    await rollBackInDashboard(fixture, first.deploymentId);
    const promotions = fixture.accepted('promote');
    expectEnd(fixture, await fixture.release({ version: 'v1.2.0' }), {
      decision: 'refused',
      reason: 'pinned_rollback',
      conclusion: 'failure',
      says: /pinned to dpl_\w+ by a rollback by sandbox-user \("orders were lost"\)/,
      serves: first.deploymentId,
      next: /ops-actions unlock --environment production/,
    });
    assert.equal(fixture.accepted('promote'), promotions);
    await fixture.command('unlock', '--environment', 'production', '--reason', 'orders are safe');
    assert.equal(fixture.autoAssign(), true);
    const next = await fixture.release({ version: 'v1.2.0' });
    assert.equal(next.decision, 'released', next.lastLine);
    assert.equal(fixture.served(), next.deploymentId);
    await expectSettled(fixture, true);
  });

  test('by hand of a staging behind an alias, production never got a promote or rollback request', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const { vercel } = fixture.sandbox;
    const { name: host } = await vercel.addDomain(vercel.project, { gitBranch: 'staging' });
    const production = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const staging = { url: `http://${host}`, vercel: { as: 'alias', alias: host } };
    const files = { '.github/ops.yml': opsFile({ watch: shortWatch, environments: { staging } }) };
    const inputs = { environment: 'staging' };
    const first = await fixture.release({ version: 'v1.1.0', files, inputs });
    const second = await fixture.release({ version: 'v1.2.0', files, inputs });
    assert.equal(fixture.served(host), second.deploymentId);
    const back = await fixture.rollback({ version: 'v1.2.0', inputs });
    assert.equal(back.decision, 'rolled-back', back.lastLine);
    assert.equal(fixture.served(host), first.deploymentId);
    const moves = fixture.writes('vercel').filter((line) => /\/(promote|rollback)\//.test(line));
    assert.deepEqual(moves, []);
    assert.deepEqual([fixture.served(), fixture.autoAssign()], [production, true]);
    await fixture.command('unlock', '--environment', 'staging', '--reason', 'understood');
    const third = await fixture.release({ version: 'v1.3.0', files, inputs });
    assert.equal(third.decision, 'released', third.lastLine);
  });

  test('by hand is framed by two messages in one thread, and its incident holds the eleven items with their times', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    await fixture.release({ version: 'v1.0.0' });
    await fixture.release({ version: 'v1.1.0' });
    const before = (await fixture.slack()).length;
    const inputs = { reason: 'checkout fails', confirm: 'production' };
    const back = await fixture.rollback({ version: 'v1.1.0', inputs });
    assert.equal(back.decision, 'rolled-back', back.lastLine);
    const [living = '', started = '', ended = '', ...more] = (await fixture.slack()).slice(before);
    assert.match(living, /v1\.1\.0 was rolled back in production: Rolled back to v1\.0\.0 .*checkout fails/);
    assert.match(started, /Rolling back v1\.1\.0 on production to v1\.0\.0 \(dpl_\w+\), .*Why: checkout fails/);
    assert.match(ended, /environment variables it was built with/);
    assert.deepEqual(more, []);
    const checklist = ((await fixture.issues())[0]?.body ?? '').split('### Rollback checklist')[1] ?? '';
    const timed = checklist.match(/^- \[[x ]\] `[^`]+`: .* \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/gm) ?? [];
    assert.equal(timed.length, 11, checklist);
    const open = timed.filter((line) => line.startsWith('- [ ]')).map((line) => line.split('`')[1]);
    assert.deepEqual(open, [
      'Production error rate confirmed',
      'Root cause identified',
      'Deployment monitoring re-enabled',
      'Database integrity verified',
      'Tests passing on the rolled-back version',
    ]);
  });

  test('by hand whose target is sick, the run is red and says so, and production is not moved once more', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch, health: soonSick } });
    const older = (await fixture.release({ version: 'v0.9.0' })).deploymentId;
    const target = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    await fixture.release({ version: 'v1.1.0' });
    fixture.sandbox.faults.order({ service: 'edge', route: '/api/health', times: 1000, fault: { status: 503 } });
    const back = await fixture.rollback({ version: 'v1.1.0' });
    expectEnd(fixture, back, {
      decision: 'failed',
      reason: 'unhealthy_after_rollback',
      conclusion: 'failure',
      says: /Its checks failed: .*503/,
      serves: target,
      // Never the deployment that serves and is sick.
      next: new RegExp(`Next, at once: npx ops-actions rollback --environment production --target ${older}$`),
    });
    assert.equal(fixture.accepted('rollback'), 1);
    assert.equal((await fixture.issues()).length, 1);
  });

  test('whose checks could not run is red as not verified, proposes no further target, and what it restored is watched', async () => {
    await using fixture = await releaseFixture({
      ops: { watch: shortWatch, health: soonSick, smoke: { command: 'true' } },
    });
    const target = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    await fixture.release({ version: 'v1.1.0' });
    const unprepared = { 'setup-commands': 'exit 7' };
    const says = /Restored, not verified: its checks could not run: .*exit code 7/;
    const expected = { decision: 'rolled-back', reason: 'restored_not_verified', conclusion: 'failure', says } as const;
    const back = await fixture.rollback({ version: 'v1.1.0', inputs: unprepared });
    expectEnd(fixture, back, { ...expected, serves: target });
    assert.doesNotMatch(back.lastLine, /ops-actions rollback/);
    assert.match(JSON.stringify(back.result('restored')), /"verdict":"pass"/);
    const checklist = ((await fixture.issues())[0]?.body ?? '').split('### Rollback checklist')[1] ?? '';
    assert.match(checklist, /- \[ \] `Tests passing on the rolled-back version`: `smoke tests did not run`/);
    // A release that takes itself back ends no otherwise.
    await fixture.command('unlock', '--environment', 'production', '--reason', 'understood');
    const files = { 'api/health.js': sickInPublic };
    const ended = await fixture.release({ version: 'v1.2.0', files, inputs: unprepared });
    expectEnd(fixture, ended, { ...expected, serves: target });
    const own = (await fixture.issues()).find(({ body }) => body.includes('v1.2.0'))?.body ?? '';
    // Said of what was restored, not of the release that was left for its health.
    assert.match(own, /- \[x\] `All services responding`: `health checks passed/);
    assert.match(own, /- \[ \] `Tests passing on the rolled-back version`: `smoke tests did not run/);
    assert.match(JSON.stringify(ended.result('restored')), /"verdict":"pass"/);
  });
});

describe('the way back', { concurrency: 3 }, () => {
  test('is not there for the first deployment: by hand refused, by a failed release locked and told', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch, health: soonSick } });
    const ended = await fixture.release({ version: 'v1.0.0', files: { 'api/health.js': sickInPublic } });
    expectEnd(fixture, ended, {
      decision: 'rollback-failed',
      reason: 'no_previous_deployment',
      conclusion: 'failure',
      says: /the health gate failed after the promotion, and there is no earlier good deployment to go back to/,
      serves: ended.deploymentId,
      next: /nothing to go back to; .*pause the project .*fix forward, then: .*ops-actions unlock/,
    });
    assert.equal((await fixture.locks()).length, 1);
    assert.equal((await fixture.issues()).length, 1);
    const byHand = await fixture.rollback({ version: 'v1.0.0' });
    expectEnd(fixture, byHand, {
      decision: 'refused',
      reason: 'no_previous_deployment',
      conclusion: 'failure',
      says: /no earlier good deployment of production is known.*Name a target, or fix forward/,
      serves: ended.deploymentId,
    });
    assert.equal(fixture.accepted('rollback'), 0);
    // What the last line offers, as it says it (FRB-15).
    const page = async () => (await fetch(fixture.address)).status;
    const [offered = ''] = /maintenance on --environment production/.exec(ended.lastLine) ?? [];
    assert.equal(await page(), 200);
    const paused = await fixture.command(...offered.split(' '));
    assert.match(
      paused,
      /visitors get 503, and no release starts until its lock expires at .* UTC\. Next: mend it, then .*maintenance off/,
    );
    assert.deepEqual([await page(), fixture.autoAssign(), (await fixture.locks()).length], [503, false, 1]);
    assert.match(await fixture.command('maintenance', 'off', '--environment', 'production'), /it stays locked\. Next:/);
    assert.deepEqual([await page(), fixture.autoAssign()], [200, false], 'off while the lock holds');
    await fixture.command('unlock', '--environment', 'production', '--reason', 'the fix is ready');
    const fixed = await fixture.release({ version: 'v1.0.1' });
    assert.equal(fixed.decision, 'released', fixed.lastLine);
    await expectSettled(fixture, true);
  });

  test('was deleted from Vercel meanwhile: the next proven one is taken instead, within its deadline, and everybody is told', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch, health: soonSick } });
    const older = (await fixture.release({ version: 'v0.9.0' })).deploymentId;
    const target = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/health.js': sickInPublic },
      onEvent(event) {
        if (event.kind === 'step-ended' && event.step.id === 'promote') fixture.sandbox.vercel.remove(target);
      },
    });
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'health_failed',
      conclusion: 'failure',
      says: new RegExp(`NOT the recorded target: v1\\.0\\.0 \\(${target}\\) could not be gone back to`),
      serves: older,
      next: /unlock --environment production/,
    });
    assert.ok(ended.seconds < 240, `${ended.seconds} s`);
    assert.equal(fixture.accepted('rollback'), 1);
    const [lock] = await fixture.locks();
    assert.equal(lock?.target?.deploymentId, older);
    const entry = (await fixture.entries()).at(-1);
    assert.equal(entry?.rollbackTarget?.deploymentId, older);
    assert.match((await fixture.issues())[0]?.body ?? '', /NOT the recorded target/);
    assert.match((await fixture.slack()).join('\n'), /NOT the recorded target/);
  });

  test('was deleted and nothing else is proven: red, nothing is moved, the next command is named', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch, health: soonSick } });
    const target = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { 'api/health.js': sickInPublic },
      onEvent(event) {
        if (event.kind === 'step-ended' && event.step.id === 'promote') fixture.sandbox.vercel.remove(target);
      },
    });
    expectEnd(fixture, ended, {
      decision: 'rollback-failed',
      reason: 'rollback_target_deleted',
      conclusion: 'failure',
      says: new RegExp(`${target} does not exist in project notes-app any more`),
      serves: ended.deploymentId,
      next: /Next, at once: npx ops-actions releases --environment production, then .* --target <one of them>$/,
    });
    assert.equal((await fixture.locks()).length, 1, 'locked, although nothing moved');
    assert.equal((await fixture.issues()).length, 1);
    const byHand = await fixture.rollback({ version: 'v1.0.0', inputs: { target } });
    expectEnd(fixture, byHand, {
      decision: 'refused',
      reason: 'rollback_target_deleted',
      conclusion: 'failure',
      says: new RegExp(`${target} was deleted`),
      serves: ended.deploymentId,
    });
    assert.equal(fixture.accepted('rollback'), 0);
  });

  test('dispatched during a watch has the domains back long before the watch would end; the release ends superseded', async () => {
    await using fixture = await releaseFixture();
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    let rollback: ReturnType<ReleaseFixture['rollback']> | undefined;
    let dispatchedAt = 0;
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { '.github/ops.yml': opsFile({ watch: { source: 'probe', window: '120s', interval: '500ms' } }) },
      onEvent(event) {
        if (event.kind !== 'step-started' || event.path.join('/') !== 'deploy/watch') return;
        dispatchedAt = Date.now();
        rollback = fixture.rollback({ version: 'v1.0.0', inputs: { reason: 'a person saw it first' } });
      },
    });
    expectEnd(fixture, ended, {
      decision: 'superseded',
      reason: 'superseded',
      conclusion: 'failure',
      says: /production is locked.*a person saw it first/,
      serves: live,
      next: /ops-actions unlock --environment production/,
    });
    assert.ok(ended.seconds < 120, 'the watch does not go on');
    const back = await rollback;
    assert.equal(back?.decision, 'rolled-back', back?.lastLine);
    const { swappedAt } = JSON.parse(back?.report.outputs.result ?? '{}') as { swappedAt: number };
    assert.ok(swappedAt * 1000 - dispatchedAt < 60_000, `swapped after ${swappedAt * 1000 - dispatchedAt} ms`);
    assert.equal(fixture.accepted('rollback'), 1);
    const locks = await fixture.locks();
    assert.deepEqual(
      locks.map(({ reason }) => reason),
      ['a person saw it first'],
    );
    assert.equal(fixture.autoAssign(), false);
  });
});
