import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rollBackInDashboard } from './dashboard.ts';
import { expectEnd } from './expect-end.ts';
import { opsFile, type ReleaseFixture, releaseFixture, shortWatch, sickInPublic } from './release-fixture.ts';

describe('the way back', { concurrency: 3 }, () => {
  test('of the first run on a live project is what Vercel served before; a second "previous" goes back no further', async () => {
    await using fixture = await releaseFixture({ sandbox: { vercel: { gitLink: true } } });
    const { vercel } = fixture.sandbox;
    const sha = await fixture.repository.commit('before');
    const before = await vercel.deployFromGit(vercel.project, { sha, ref: 'main' });
    while (fixture.served() !== before.id) await new Promise((resolve) => setTimeout(resolve, 20));

    const ended = await fixture.release({ version: 'v1.0.0' });
    assert.equal(ended.decision, 'released', ended.lastLine);
    assert.equal(ended.report.outputs['rollback-target'], before.id);
    const [entry] = await fixture.entries();
    assert.deepEqual([entry?.rollbackTarget?.deploymentId, entry?.rollbackTarget?.adopted], [before.id, true]);

    const back = await fixture.rollback({ version: 'v1.0.0', inputs: { confirm: 'production' } });
    expectEnd(fixture, back, {
      decision: 'rolled-back',
      reason: 'rolled_back',
      conclusion: 'success',
      says: new RegExp(before.id),
      serves: before.id,
      next: /ops-actions unlock --environment production/,
    });
    const [lock] = await fixture.locks();
    assert.equal(lock?.target?.deploymentId, before.id);
    assert.equal(lock?.autoAssign, true, 'the original value is kept for the unlock');
    assert.equal(fixture.autoAssign(), false);
    assert.equal((await fixture.issues()).length, 1);

    const again = await fixture.rollback({ version: 'v1.0.0' });
    assert.deepEqual([again.decision, again.reasonCode], ['already-current', 'already_rolled_back'], again.lastLine);
    assert.equal(fixture.accepted('rollback'), 1);
  });

  test('made in the dashboard pins production: a release is refused, with the command that acknowledges it', async () => {
    await using fixture = await releaseFixture();
    const first = await fixture.release({ version: 'v1.0.0' });
    await fixture.release({ version: 'v1.1.0' });
    await rollBackInDashboard(fixture, first.deploymentId);
    const promotions = fixture.accepted('promote');
    const refused = await fixture.release({ version: 'v1.2.0' });
    expectEnd(fixture, refused, {
      decision: 'refused',
      reason: 'pinned_rollback',
      conclusion: 'failure',
      says: /pinned to dpl_\w+ by a rollback by sandbox-user \("orders were lost"\)/,
      serves: first.deploymentId,
      next: /ops-actions unlock --environment production/,
    });
    assert.equal(fixture.accepted('promote'), promotions);
  });

  test('is not there for the first deployment: by hand refused, by a failed release locked and told', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const ended = await fixture.release({ version: 'v1.0.0', files: { 'api/health.js': sickInPublic } });
    expectEnd(fixture, ended, {
      decision: 'rollback-failed',
      reason: 'no_previous_deployment',
      conclusion: 'failure',
      says: /the health gate failed after the promotion, and there is no earlier good deployment to go back to/,
      serves: ended.deploymentId,
      next: /nothing to go back to; fix forward, then: .*ops-actions unlock/,
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
  });

  test('was deleted from Vercel meanwhile: the next proven one is taken instead, within its deadline, and everybody is told', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
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
    assert.ok(ended.seconds < 60, `${ended.seconds} s`);
    assert.equal(fixture.accepted('rollback'), 1);
    const [lock] = await fixture.locks();
    assert.equal(lock?.target?.deploymentId, older);
    const entry = (await fixture.entries()).at(-1);
    assert.equal(entry?.rollbackTarget?.deploymentId, older);
    assert.match((await fixture.issues())[0]?.body ?? '', /NOT the recorded target/);
    assert.match((await fixture.slack()).join('\n'), /NOT the recorded target/);
  });

  test('was deleted and nothing else is proven: red, nothing is moved, the next command is named', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
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
      reason: 'unknown_target',
      conclusion: 'failure',
      says: new RegExp(`no deployment of production matches deployment ${target}`),
      serves: ended.deploymentId,
    });
    assert.equal(fixture.accepted('rollback'), 0);
  });

  test('dispatched during a watch has the domains back within ten seconds; the release ends superseded', async () => {
    await using fixture = await releaseFixture();
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    let rollback: ReturnType<ReleaseFixture['rollback']> | undefined;
    let dispatchedAt = 0;
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { '.github/ops.yml': opsFile({ watch: { source: 'probe', window: '60s', interval: '500ms' } }) },
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
    assert.ok(ended.seconds < 30, 'the watch does not go on');
    const back = await rollback;
    assert.equal(back?.decision, 'rolled-back', back?.lastLine);
    const { swappedAt } = JSON.parse(back?.report.outputs.result ?? '{}') as { swappedAt: number };
    assert.ok(swappedAt * 1000 - dispatchedAt < 10_000, `swapped after ${swappedAt * 1000 - dispatchedAt} ms`);
    assert.equal(fixture.accepted('rollback'), 1);
    const locks = await fixture.locks();
    assert.deepEqual(
      locks.map(({ reason }) => reason),
      ['a person saw it first'],
    );
    assert.equal(fixture.autoAssign(), false);
  });
});
