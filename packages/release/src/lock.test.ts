import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { createGitHub } from '#github/client';
import { type Scene, setScene } from '../test/scene.ts';
import {
  closeLock,
  foreignLock,
  type Lock,
  type LockRequest,
  laterLock,
  openAmong,
  readOpenLocks,
  stoppingLock,
  takeLock,
} from './lock.ts';
import { lockTask } from './lock-record.ts';

let scene: Scene;
let commit = '';
const hour = 3_600_000;
before(async () => {
  // GitHub's clock is an hour ahead of ours: only the server's time counts (S8).
  scene = await setScene({ githubClockOffsetMs: hour });
  commit = scene.commits.at(-1) ?? '';
});
after(() => scene.close());

function github() {
  const { apiUrl, token, repository } = scene.sandbox.description.github;
  return createGitHub({ apiUrl, token, repository });
}

function request(key: string, more: Partial<LockRequest> = {}): LockRequest {
  return {
    schemaVersion: 1,
    environment: 'production',
    production: true,
    ref: commit,
    key,
    reason: `because of ${key}`,
    expiresAfterMs: hour,
    ...more,
  };
}

async function liftAll(environment: string): Promise<void> {
  for (const lock of await readOpenLocks(github(), environment)) await closeLock(github(), lock, 'released');
}

test('Many takers at once have one holder, and everybody knows the same one', async () => {
  const environment = 'many';
  const outcomes = await Promise.all(
    ['a', 'b', 'c', 'd'].map((key) => takeLock(github(), request(key, { environment }))),
  );
  // Who was slow to read back saw all; the lowest id holds for everybody in the end.
  const [holder] = await readOpenLocks(github(), environment);
  const held = outcomes.filter((outcome) => outcome.held).map((outcome) => (outcome.held ? outcome.lock.id : 0));
  assert.deepEqual(held, [holder?.id]);
});

test('Two takers of one expired lock with clocks an hour apart: one holder, the expired one is closed', async () => {
  const environment = 'expired';
  // Written without being read back: of a lock this short a taker may already see that it ended.
  const { ref, production, environment: _, ...payload } = request('old', { expiresAfterMs: 1 });
  await github().createDeployment({
    ref,
    task: lockTask,
    environment,
    payload,
    description: 'locked',
    production,
    transient: true,
  });
  // The server's time comes in whole seconds, and as late as its answer.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const outcomes = await Promise.all(['a', 'b'].map((key) => takeLock(github(), request(key, { environment }))));
  assert.equal(outcomes.filter((outcome) => outcome.held).length, 1);
  const open = await readOpenLocks(github(), environment);
  assert.ok(open.every((lock) => lock.key !== 'old'));
});

test('A taker that runs again adopts its own lock', async () => {
  const environment = 'again';
  const first = await takeLock(github(), request('a', { environment }));
  const second = await takeLock(github(), request('a', { environment }));
  assert.ok(first.held && second.held && second.adopted);
  assert.equal(second.lock.id, first.lock.id);
});

test('A lock whose answer was lost is found, not taken twice', async () => {
  const environment = 'lost';
  scene.sandbox.faults.order({ service: 'github', method: 'POST', route: '/repos', fault: { afterEffect: true } });
  const outcome = await takeLock(github(), request('a', { environment }));
  assert.ok(outcome.held);
  assert.equal((await readOpenLocks(github(), environment)).length, 1);
});

test('Somebody else’s plain lock stops promotions only; a rollback’s lock ends everything, and the later one speaks', async () => {
  const handle = { environment: 'kinds', key: 'release' };
  await takeLock(github(), request('person', { environment: 'kinds' }));
  assert.equal((await stoppingLock(github(), handle))?.key, 'person');
  assert.equal(await foreignLock(github(), handle), undefined);
  const target = { deploymentId: 'dpl_1' };
  const rollback = await takeLock(github(), request('rollback-1', { environment: 'kinds', target }));
  // A plain lock is no rival of a rollback.
  assert.ok(rollback.held);
  assert.equal((await foreignLock(github(), handle))?.key, 'rollback-1');
  const second = await takeLock(
    github(),
    request('rollback-2', { environment: 'kinds', target: { deploymentId: 'dpl_2' } }),
  );
  assert.equal(second.held, false);
  assert.equal((await foreignLock(github(), handle))?.target?.deploymentId, 'dpl_2');
  assert.equal((await foreignLock(github(), { ...handle, key: 'rollback-2' }))?.key, 'rollback-1');
  // What the later rollback restored is watched to its end; the watch of the earlier one ends.
  assert.equal(await laterLock(github(), { ...handle, key: 'rollback-2' }), undefined);
  assert.equal((await laterLock(github(), { ...handle, key: 'rollback-1' }))?.key, 'rollback-2');
  await liftAll('kinds');
  assert.equal(await stoppingLock(github(), handle), undefined);
});

test('Deployments of other tools and other environments are no locks', async () => {
  const api = github();
  await api.createDeployment({
    ref: commit,
    task: 'deploy',
    environment: 'other',
    payload: { key: 'x' },
    description: '',
    production: true,
  });
  await api.createDeployment({
    ref: commit,
    task: 'ops-actions:lock',
    environment: 'other',
    payload: {},
    description: '',
    production: true,
  });
  assert.deepEqual(await readOpenLocks(api, 'other'), []);
});

test('The holder is the lowest id among locks that are neither lifted nor expired', () => {
  const entry = fc.record({
    id: fc.integer({ min: 1, max: 99 }),
    life: fc.integer({ min: 1, max: 100 }),
    lifted: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.uniqueArray(entry, { selector: ({ id }) => id }),
      fc.integer({ min: 0, max: 120 }),
      (entries, now) => {
        const locks = entries.map(
          ({ id, life, lifted }): Lock => ({
            id,
            environment: 'production',
            key: String(id),
            reason: '',
            createdAt: 0,
            expiresAt: life,
            ...(lifted ? { releasedAt: 1 } : {}),
          }),
        );
        const open = openAmong(locks, now);
        const expected = entries.filter(({ life, lifted }) => !lifted && life > now).map(({ id }) => id);
        assert.deepEqual(
          open.map(({ id }) => id),
          expected.toSorted((a, b) => a - b),
        );
      },
    ),
  );
});
