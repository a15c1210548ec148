import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { closeLock, type LockRequest, readOpenLocks, takeLock } from '#release/lock';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { lockExpiryFor, lockForDatabase } from './database-lock.ts';
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
  const neededMs = 30 * 60_000;
  return { ...lock, target: { deploymentId: 'dpl_a' }, as: 'production' as const, policy: undefined, neededMs };
}

test('before the database goes back alone, the environment is locked, as a rollback that promises nothing more', async () => {
  const deps = await scene.connect();
  await deps.project.setAutoAssign(true);
  const first = await lockForDatabase(deps, due, request('a', 'alone'));
  assert.equal(first.due, true);
  assert.match(
    first.message,
    /to be taken back; alone is locked for it until 20\d\d-.* UTC \(.* unlock --environment alone --reason <why>\)/,
  );
  const [lock, ...others] = await readOpenLocks(deps.github, 'alone');
  assert.deepEqual(
    [lock?.target?.deploymentId, lock?.rollback, lock?.appOnly, lock?.autoAssign, others],
    ['dpl_a', 'already-current', true, true, []],
  );
  assert.equal((await deps.project.readState()).autoAssign, false);
  // A second attempt of the run, and another one: the lock that holds is enough.
  assert.equal(await lockForDatabase(deps, due, request('a', 'alone')), due);
  assert.equal(await lockForDatabase(deps, due, request('b', 'alone')), due);
  assert.equal((await readOpenLocks(deps.github, 'alone')).length, 1);
});

test('what is not due locks nothing, a lock that was lifted does not hold, and without one the database stays', async () => {
  const deps = await scene.connect();
  const planned: DatabasePart = { due: false, reasonCode: 'dry_run', message: 'would be taken back' };
  assert.equal(await lockForDatabase(deps, planned, request('a', 'other')), planned);
  assert.deepEqual(await readOpenLocks(deps.github, 'other'), []);
  const { target: _target, as: _as, policy: _policy, neededMs: _needed, ...plain } = request('person', 'other');
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

test('a lock of a person, one that ends too soon and one for another target are not enough', async () => {
  const deps = await scene.connect();
  const { target: _target, as: _as, policy: _policy, neededMs, ...plain } = request('person', 'weak');
  await takeLock(deps.github, plain);
  await takeLock(deps.github, { ...plain, key: 'soon', target: { deploymentId: 'dpl_a' }, expiresAfterMs: 60_000 });
  await takeLock(deps.github, { ...plain, key: 'else', target: { deploymentId: 'dpl_b' } });
  const short = { ...request('a', 'weak'), expiresAfterMs: 60_000 };
  assert.equal((await lockForDatabase(deps, due, short)).due, true);
  const own = (await readOpenLocks(deps.github, 'weak')).at(-1);
  assert.deepEqual([own?.key, own?.target?.deploymentId], ['a', 'dpl_a']);
  assert.ok((own?.expiresAt ?? 0) - deps.github.serverTime() > neededMs, 'it holds until the database is back');
  // That of this run itself, from an attempt long ago.
  await takeLock(deps.github, {
    ...plain,
    key: 'old',
    environment: 'late',
    target: { deploymentId: 'dpl_a' },
    expiresAfterMs: 60_000,
  });
  const late = await lockForDatabase(deps, due, request('old', 'late'));
  assert.deepEqual([late.due, !late.due && late.reasonCode], [false, 'lock_unfinished']);
  assert.match(
    late.message,
    /late is locked until .* unlock --environment late .*, but that lock of this run ends in .*and the database may take 30 min: lift it first/,
  );
});

test('a lock under which Vercel may promote by itself is mended, or is none', async () => {
  const deps = await scene.connect();
  await lockForDatabase(deps, due, request('a', 'assigned'));
  await deps.project.setAutoAssign(true);
  assert.equal(await lockForDatabase(deps, due, request('b', 'assigned')), due);
  assert.equal((await deps.project.readState()).autoAssign, false);
  await deps.project.setAutoAssign(true);
  const project = Object.assign(Object.create(deps.project), {
    setAutoAssign: () => Promise.reject(new Error('Vercel is down')),
  });
  const refused = await lockForDatabase({ ...deps, project }, due, request('b', 'assigned'));
  assert.equal(!refused.due && refused.reasonCode, 'lock_unfinished');
  assert.match(refused.message, /^assigned is locked until .* unlock --environment assigned .*, but Vercel is down/);
  await deps.project.setAutoAssign(false);
});

test('a lock that was taken and not finished says so, promises no rollback, and is finished by the next attempt', async () => {
  const deps = await scene.connect();
  await deps.project.setAutoAssign(true);
  const project = Object.assign(Object.create(deps.project), {
    setAutoAssign: () => Promise.reject(new Error('Vercel is down')),
  });
  const half = await lockForDatabase({ ...deps, project }, due, request('a', 'half'));
  assert.deepEqual([half.due, !half.due && half.reasonCode], [false, 'lock_unfinished']);
  const [lock] = await readOpenLocks(deps.github, 'half');
  assert.equal(lock?.rollback, 'already-current', 'or reconcile would finish a rollback that never was');
  assert.equal(await lockForDatabase(deps, due, request('a', 'half')), due);
  const silent = {
    ...deps,
    github: { ...deps.github, createStatus: () => Promise.reject(new Error('GitHub is down')) },
  };
  const untold = await lockForDatabase(silent, due, request('a', 'untold'));
  assert.match(untold.message, /^untold is locked until .*, but GitHub is down: the database stays as it is/);
  const open = async () => (await readOpenLocks(deps.github, 'untold')).map(({ key, rollback }) => [key, rollback]);
  assert.deepEqual(await open(), [['a', undefined]]);
  await lockForDatabase(deps, due, request('b', 'untold'));
  assert.deepEqual(await open(), [['a', undefined]], 'that of another run says for itself how it ended');
  assert.equal(await lockForDatabase(deps, due, request('a', 'untold')), due);
  assert.deepEqual(await open(), [['a', 'already-current']]);
});

test('the lock of the app lasts for the database that goes back under it, however short locks are', async () => {
  const deps = await scene.connect();
  const { target, as: _as, policy: _policy, neededMs, ...plain } = request('both', 'both');
  assert.deepEqual([lockExpiryFor(1, undefined), lockExpiryFor(5 * neededMs, neededMs)], [1, 5 * neededMs]);
  const expiresAfterMs = lockExpiryFor(600_000, neededMs);
  await takeLock(deps.github, { ...plain, target, expiresAfterMs });
  assert.equal(await lockForDatabase(deps, due, { ...request('both', 'both'), expiresAfterMs: 600_000 }), due);
});

test('where the policy refuses for sure nothing is locked, and the next step says what is left', async () => {
  const deps = await scene.connect();
  for (const policy of [['forward-only'], ['restore', 'rollback-sql']] as const)
    assert.equal(await lockForDatabase(deps, due, { ...request('a', 'forbidden'), policy }), due);
  assert.deepEqual(await readOpenLocks(deps.github, 'forbidden'), []);
});
