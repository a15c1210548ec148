import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildLockTree, type LockTree } from './build-lock-tree.ts';
import { aSession } from './session.fixture.ts';

const shape = (tree: LockTree): unknown => ({
  pid: tree.pid,
  ...(tree.cycle ? { cycle: true } : {}),
  ...(tree.waiters.length === 0 ? {} : { waiters: tree.waiters.map(shape) }),
});

for (const { name, sessions, expected } of [
  { name: 'nobody waits', sessions: [aSession({ pid: 1 })], expected: [] },
  {
    name: 'a queue behind a queue',
    sessions: [aSession({ pid: 1 }), aSession({ pid: 2, blockedBy: [1] }), aSession({ pid: 3, blockedBy: [2, 2] })],
    expected: [{ pid: 1, waiters: [{ pid: 2, waiters: [{ pid: 3 }] }] }],
  },
  {
    name: 'a session that two block stands under both',
    sessions: [aSession({ pid: 1 }), aSession({ pid: 2 }), aSession({ pid: 3, blockedBy: [1, 2] })],
    expected: [
      { pid: 1, waiters: [{ pid: 3 }] },
      { pid: 2, waiters: [{ pid: 3 }] },
    ],
  },
  {
    name: 'a prepared transaction has no session',
    sessions: [aSession({ pid: 3, blockedBy: [0] })],
    expected: [{ pid: 0, waiters: [{ pid: 3 }] }],
  },
  {
    name: 'a deadlock is shown and ends',
    sessions: [aSession({ pid: 1, blockedBy: [2] }), aSession({ pid: 2, blockedBy: [1] })],
    expected: [{ pid: 2, waiters: [{ pid: 1, waiters: [{ pid: 2, cycle: true }] }] }],
  },
]) {
  test(`lock tree: ${name}`, () => assert.deepEqual(buildLockTree(sessions).map(shape), expected));
}

test('lock tree: every session that waits is somewhere in it, whatever waits for what', () => {
  const edges = fc.array(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 6 })), { maxLength: 10 });
  fc.assert(
    fc.property(edges, (pairs) => {
      const sessions = [1, 2, 3, 4, 5, 6].map((pid) =>
        aSession({ pid, blockedBy: pairs.filter(([from]) => from === pid).map(([, to]) => to) }),
      );
      const found = new Set<number>();
      const walk = (tree: LockTree): void => {
        found.add(tree.pid);
        tree.waiters.forEach(walk);
      };
      buildLockTree(sessions).forEach(walk);
      for (const [from] of pairs) assert.ok(found.has(from));
    }),
  );
});
