import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { releaseFixture, shortWatch } from './release-fixture.ts';

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

test('a promotion whose domains never move ends by its own deadline: locked, told, auto-assign off until the unlock', async () => {
  await using fixture = await releaseFixture({
    ops: { watch: shortWatch },
    sandbox: { vercel: { autoAssign: false } },
  });
  const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  fixture.sandbox.vercel.behaviour.aliasDelayMs = 3_600_000;
  const ended = await fixture.release({ version: 'v1.1.0' });
  expectEnd(fixture, ended, {
    decision: 'rollback-failed',
    reason: 'promotion_pending',
    conclusion: 'failure',
    says: /Vercel still carries it out, and production may move to it at any moment/,
    serves: live,
    next: /Next, at once: watch the project in Vercel; .* ops-actions unlock --environment production/,
  });
  assert.match(ended.errors.join('\n'), /Vercel took the promotion to dpl_\w+, .* it may still be carried out/);
  assert.ok(ended.seconds < 600);
  assert.deepEqual([fixture.accepted('promote'), fixture.accepted('rollback')], [1, 0]);
  assert.equal(fixture.autoAssign(), false, 'the promotion had switched it on');
  assert.equal((await fixture.locks()).length, 1);
  assert.equal((await fixture.issues()).length, 1);
  const [, entry] = await fixture.entries();
  assert.equal(entry?.unwatched, true, 'never a rollback target until proven');
});

test('a promotion that loses its answer after it took effect is looked up, not sent again', async () => {
  await using fixture = await releaseFixture();
  await fixture.release({ version: 'v1.0.0' });
  fixture.sandbox.faults.order({
    service: 'vercel',
    method: 'POST',
    route: '/v10/projects/',
    fault: { afterEffect: true },
  });
  const ended = await fixture.release({ version: 'v1.1.0' });
  assert.equal(ended.decision, 'released', ended.lastLine);
  assert.equal(fixture.served(), ended.deploymentId);
  const sent = fixture.writes('vercel').filter((line) => /promote\/dpl_/.test(line));
  assert.equal(sent.length, 1);
  await expectSettled(fixture, true);
});
