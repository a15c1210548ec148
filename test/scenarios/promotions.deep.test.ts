import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { releaseFixture, shortWatch } from './release-fixture.ts';

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
  assert.ok(ended.seconds < 300);
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
