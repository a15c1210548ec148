import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { rollBackInDashboard } from './dashboard.ts';
import { expectEnd } from './expect-end.ts';
import { opsFile, type ReleaseFixture, releaseFixture } from './release-fixture.ts';

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
