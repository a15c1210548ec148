import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeLock, type LockRequest, readOpenLocks, takeLock } from '#release/lock';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { lockForDatabase } from './database-lock.ts';
import type { DatabasePart } from './database-part.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

const due: DatabasePart = { due: true, version: '7', message: 'to be taken back' };
function request(key: string, environment: string) {
  const lock: LockRequest = {
    schemaVersion: 1,
    environment,
    production: true,
    ref: scene.commits.at(-1) ?? '',
    key,
    reason: 'orders are wrong',
    expiresAfterMs: 3_600_000,
  };
  return { ...lock, target: { deploymentId: 'dpl_a' }, as: 'production' as const };
}

test('before the database goes back alone, the environment is locked, as a rollback that promises nothing more', async () => {
  const deps = await scene.connect();
  await deps.project.setAutoAssign(true);
  assert.equal(await lockForDatabase(deps, due, request('a', 'alone')), due);
  const [lock, ...others] = await readOpenLocks(deps.github, 'alone');
  assert.deepEqual(
    [lock?.target?.deploymentId, lock?.rollback, lock?.appOnly, lock?.autoAssign, others],
    ['dpl_a', 'already-current', true, true, []],
  );
  assert.equal((await deps.project.readState()).autoAssign, false);
  // A second attempt of the run, and another one: the lock that holds is enough.
  await lockForDatabase(deps, due, request('a', 'alone'));
  await lockForDatabase(deps, due, request('b', 'alone'));
  assert.equal((await readOpenLocks(deps.github, 'alone')).length, 1);
});

test('what is not due locks nothing, a lock that was lifted does not hold, and without one the database stays', async () => {
  const deps = await scene.connect();
  const planned: DatabasePart = { due: false, reasonCode: 'dry_run', message: 'would be taken back' };
  assert.equal(await lockForDatabase(deps, planned, request('a', 'other')), planned);
  assert.deepEqual(await readOpenLocks(deps.github, 'other'), []);
  const { target: _target, as: _as, ...plain } = request('person', 'other');
  const taken = await takeLock(deps.github, plain);
  await closeLock(deps.github, taken.held ? taken.lock : taken.own, 'released');
  await lockForDatabase(deps, due, request('a', 'other'));
  assert.deepEqual(
    (await readOpenLocks(deps.github, 'other')).map(({ key }) => key),
    ['a'],
  );
  const silent = {
    ...deps,
    github: { ...deps.github, listDeployments: () => Promise.reject(new Error('GitHub is down')) },
  };
  const refused = await lockForDatabase(silent, due, request('a', 'silent'));
  assert.equal(!refused.due && refused.reasonCode, 'not_locked');
  assert.match(refused.message, /GitHub is down.*the database stays as it is; run the same again/);
});
