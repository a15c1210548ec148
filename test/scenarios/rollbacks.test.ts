import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { releaseFixture } from './release-fixture.ts';

describe('the way back', () => {
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
});
