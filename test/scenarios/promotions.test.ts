import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { releaseFixture } from './release-fixture.ts';

describe('a promotion that', { concurrency: 2 }, () => {
  test('Vercel reports as failed is told, leaves auto-assign as it was and is not repeated', async () => {
    await using fixture = await releaseFixture({ sandbox: { vercel: { autoAssign: false } } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    fixture.sandbox.vercel.behaviour.failingMoves = 1;
    const ended = await fixture.release({ version: 'v1.1.0' });
    expectEnd(fixture, ended, {
      decision: 'failed',
      reason: 'move_failed',
      conclusion: 'failure',
      says: /promotion to dpl_\w+ failed/,
      serves: live,
    });
    assert.equal(fixture.accepted('promote'), 1);
    assert.equal(fixture.accepted('rollback'), 0);
    await expectSettled(fixture, false);
  });

  test('meets 429 waits as long as Retry-After says and goes through with one accepted request', async () => {
    await using fixture = await releaseFixture();
    await fixture.release({ version: 'v1.0.0' });
    const limit = { status: 429, headers: { 'retry-after': '2' }, body: { error: { code: 'rate_limited' } } };
    fixture.sandbox.faults.order({ service: 'vercel', method: 'POST', route: '/v10/projects/', fault: limit });
    fixture.sandbox.faults.order({ service: 'vercel', method: 'GET', route: '/v9/projects/', fault: limit });
    const ended = await fixture.release({ version: 'v1.1.0' });
    assert.equal(ended.decision, 'released', ended.lastLine);
    assert.equal(fixture.served(), ended.deploymentId);
    assert.equal(fixture.accepted('promote'), 1);
    const asked = fixture.sandbox
      .requests()
      .filter(({ path, method }) => method === 'POST' && /promote\/dpl_/.test(path));
    const [refused, accepted] = asked;
    assert.deepEqual([refused?.status, accepted?.status, asked.length], [429, 201, 2]);
    assert.ok((accepted?.at ?? 0) - (refused?.at ?? 0) >= 2000);
  });
});
