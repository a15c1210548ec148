import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { readReleases } from './ledger.ts';
import { closeLock, readOpenLocks, takeLock } from './lock.ts';
import { promote } from './promote.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

const day = 24 * 60 * 60 * 1000;

test('A promotion moves the domains, records intent and outcome, and switches auto-assign off again where it was off', async () => {
  const current = await scene.goLive();
  const next = await scene.stage({});
  const services = await scene.connect();
  await services.project.setAutoAssign(false);
  const handle = await scene.open({ runId: 10, target: current, autoAssign: false });
  const outcome = await promote(
    { ...services, ...quietDependencies },
    { handle, deploymentId: next, requireAncestor: false },
  );
  assert.equal(outcome.decision, 'promoted');
  assert.deepEqual(outcome.warnings, []);
  assert.equal(scene.served(), next);
  assert.equal((await services.project.readState()).autoAssign, false);
  for await (const record of readReleases(services.github, { environment: 'production' })) {
    assert.equal(record.deploymentId, next);
    assert.equal(record.promotion, 'promoted');
    assert.deepEqual(
      record.facts.map(({ step, kind }) => `${step} ${kind}`),
      ['promote intent', 'promote outcome'],
    );
    break;
  }
  await services.project.setAutoAssign(true);
  const again = await promote(
    { ...services, ...quietDependencies },
    { handle, deploymentId: next, requireAncestor: false },
  );
  assert.equal(again.decision, 'already-current');
});

test('Under a lock of somebody else nothing is promoted, whether it names a target or not', async () => {
  const current = await scene.goLive();
  const next = await scene.stage({});
  const services = await scene.connect();
  const handle = await scene.open({ runId: 20, target: current });
  for (const target of [undefined, { deploymentId: current }]) {
    const lock = await takeLock(services.github, {
      schemaVersion: 1,
      environment: 'production',
      production: true,
      ref: handle.commit,
      key: 'somebody',
      reason: 'payments are down',
      ...(target === undefined ? {} : { target }),
      expiresAfterMs: day,
    });
    assert.ok(lock.held);
    const outcome = await promote(
      { ...services, ...quietDependencies },
      { handle, deploymentId: next, requireAncestor: false },
    );
    assert.deepEqual([outcome.decision, outcome.reasonCode], ['superseded', 'locked']);
    assert.match(outcome.message, /payments are down/);
    assert.equal(scene.served(), current);
    await closeLock(services.github, lock.lock, 'released');
  }
});

test('A lock that comes up while the domains move ends the release: what the lock names is put back (S1)', async () => {
  const current = await scene.goLive();
  const next = await scene.stage({});
  const services = await scene.connect();
  const handle = await scene.open({ runId: 25, target: current });
  const project: typeof services.project = Object.create(services.project);
  project.promote = async (id, options) => {
    const moved = await services.project.promote(id, options);
    assert.equal(scene.served(), next, 'it had landed');
    const rollback = { environment: 'production', production: true, ref: handle.commit, key: 'a rollback' };
    const rest = { reason: 'errors', target: { deploymentId: current }, expiresAfterMs: day };
    const lock = await takeLock(services.github, { schemaVersion: 1, ...rollback, ...rest });
    assert.ok(lock.held);
    return moved;
  };
  const outcome = await promote(
    { ...services, ...quietDependencies, project },
    { handle, deploymentId: next, requireAncestor: false },
  );
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['superseded', 'locked']);
  assert.equal(scene.served(), current);
  for (const lock of await readOpenLocks(services.github, 'production'))
    await closeLock(services.github, lock, 'released');
});

test('A re-run of v1.0.0 after v1.1.0 is superseded right before promoting, and so is an older commit', async () => {
  const services = await scene.connect();
  const [older = '', newer = ''] = scene.commits;
  const current = await scene.goLive({ gitCommitSha: newer });
  const first = await scene.open({ runId: 31, version: 'v1.0.0', commit: newer, target: current });
  const second = await scene.open({ runId: 32, version: 'v1.1.0', commit: newer, target: current });
  const staged = await scene.stage({});
  assert.equal(
    (
      await promote(
        { ...services, ...quietDependencies },
        { handle: second, deploymentId: staged, requireAncestor: false },
      )
    ).decision,
    'promoted',
  );
  const late = await scene.stage({});
  const outcome = await promote(
    { ...services, ...quietDependencies },
    { handle: first, deploymentId: late, requireAncestor: false },
  );
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['superseded', 'newer_release']);
  assert.equal(scene.served(), staged);

  const live = await scene.goLive({ gitCommitSha: newer });
  const old = await scene.open({ runId: 33, commit: older, target: staged });
  const behind = await promote(
    { ...services, ...quietDependencies },
    { handle: old, deploymentId: late, requireAncestor: false },
  );
  assert.deepEqual([behind.decision, behind.reasonCode], ['superseded', 'older_commit']);
  assert.equal(scene.served(), live);
  const meant = { handle: old, deploymentId: late, requireAncestor: false, allowOlder: 'v1.1.0 loses carts' };
  assert.equal((await promote({ ...services, ...quietDependencies }, meant)).decision, 'promoted');
});

test('Without an intent in the ledger there is no way forward', async () => {
  const current = await scene.goLive();
  const next = await scene.stage({});
  const services = await scene.connect();
  const handle = await scene.open({ runId: 40, target: current });
  scene.sandbox.faults.order({ service: 'github', method: 'POST', route: '/repos', times: 9, fault: { status: 403 } });
  await assert.rejects(
    promote({ ...services, ...quietDependencies }, { handle, deploymentId: next, requireAncestor: false }),
    /github_forbidden|deployments: write/,
  );
  scene.sandbox.faults.clear();
  assert.equal(scene.served(), current);
});
