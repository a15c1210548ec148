import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quietDependencies } from '../test/scene.ts';
import { bad, environment, good, runId, scene } from '../test/two-releases.ts';
import { openLedger } from './ledger.ts';
import { readOpenLocks, takeLock } from './lock.ts';
import { takeBack } from './take-back.ts';

/** A run of the watch took the lock of its way back from `bad` to `good` and was never heard of again. */
async function begun() {
  const services = await scene.connect();
  const handle = await scene.open({ runId, environment, target: good });
  const taken = await takeLock(services.github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: handle.commit,
    key: handle.key,
    runId: 7,
    reason: 'error rate 12.5 %',
    target: { deploymentId: good },
    from: bad,
    autoAssign: true,
    expiresAfterMs: 3_600_000,
  });
  assert.ok(taken.held);
  const since = Date.now();
  const finish = (promoted: 'skipped' | 'success' = 'skipped') =>
    takeBack(
      { ...services, ...quietDependencies },
      {
        handle,
        settings: scene.settings({ environment }),
        deploymentId: bad,
        outcomes: {
          jobStatus: 'success',
          promote: { outcome: promoted, decision: 'handed-off' },
          health: { outcome: 'skipped' },
          smoke: { outcome: 'skipped' },
          watch: { outcome: 'failure', decision: 'would-roll-back' },
        },
        lockExpiryMs: 3_600_000,
        promoteInstead: false,
      },
    );
  const posts = () =>
    scene.sandbox.requests().filter((one) => one.at >= since && /\/(rollback|promote)\/dpl_/.test(one.path)).length;
  return { ...services, handle, lock: taken.lock, finish, posts };
}

test('A way back that died before its swap is brought to its end', async () => {
  const { finish } = await begun();
  const outcome = await finish();
  assert.deepEqual([outcome.act, outcome.reasonCode], ['roll-back', 'unfinished']);
  assert.equal(scene.served(), good);
});

test('A way back that died after its swap sends nothing again and is told as done', async () => {
  const { finish, posts, project, github, lock } = await begun();
  await project.rollBack(good, {});
  await openLedger(github, { ledgerId: lock.id }).record('rollback', 'outcome', 'rolled-back');
  const before = posts();
  const outcome = await finish();
  assert.ok(outcome.act === 'roll-back' && outcome.rollback.decision === 'rolled-back');
  assert.equal(posts(), before);
});

test('A way back that died gives way to a rollback that a person asked for since, on its lock and its way', async () => {
  const { finish, posts, project, github, lock, handle } = await begun();
  await project.rollBack(good, {});
  const older = await scene.stage({});
  await project.promote(older, {});
  const byHand = await takeLock(github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: handle.commit,
    key: 'hand',
    runId: 8,
    reason: 'still broken',
    target: { deploymentId: older },
    from: good,
    expiresAfterMs: 3_600_000,
  });
  assert.ok(!byHand.held && byHand.holder.id === lock.id);
  const before = posts();
  const outcome = await finish();
  assert.ok(outcome.act === 'not-needed' && outcome.reasonCode === 'superseded', JSON.stringify(outcome));
  assert.match(outcome.message, /still broken.*came after the rollback that was not finished/);
  assert.deepEqual([scene.served(), posts()], [older, before]);
  const open = await readOpenLocks(github, environment);
  assert.deepEqual(
    open.map(({ id }) => id),
    [byHand.own.id],
    'the lock that gave way is closed',
  );
});

for (const promoted of ['skipped', 'success'] as const) {
  test(`A hotfix that went live in the dashboard stays, the promotion of this job is ${promoted}`, async () => {
    const { finish, posts, github } = await begun();
    const hotfix = await scene.goLive();
    const before = posts();
    const outcome = await finish(promoted);
    assert.ok(outcome.act === 'not-needed' && outcome.reasonCode === 'superseded', JSON.stringify(outcome));
    assert.match(outcome.message, new RegExp(`serves ${hotfix}, to which it was moved after`));
    assert.deepEqual([scene.served(), posts()], [hotfix, before]);
    const [lock] = await readOpenLocks(github, environment);
    assert.equal(lock?.rollback, 'superseded', 'it holds on, and nobody carries its promise out');
  });
}

test('Where GitHub does not say whether a way back was begun, a release that production has moved on from stays away', async () => {
  const { finish } = await begun();
  const hotfix = await scene.goLive();
  scene.sandbox.faults.order({
    service: 'github',
    route: '/repos',
    times: 50,
    fault: { status: 403, body: { message: 'no' } },
  });
  const outcome = await finish('success');
  assert.ok(outcome.act === 'not-needed' && outcome.reasonCode === 'superseded', JSON.stringify(outcome));
  assert.match(outcome.warnings.join(), /The lock could not be read/);
  assert.equal(scene.served(), hotfix);
});
