import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLaterMove, type Leaving } from './later-move.ts';
import type { Lock } from './lock-record.ts';

const own: Lock = {
  id: 10,
  environment: 'production',
  key: 'own',
  reason: 'breach',
  target: { deploymentId: 'dpl_good' },
  from: 'dpl_bad',
  createdAt: 1,
  expiresAt: 2,
};
const other = (id: number): Lock => ({ ...own, id, key: 'other', target: { deploymentId: 'dpl_older' } });
const { target: _, ...plain } = other(11);
const on = (deploymentId: string): Leaving => ({ deploymentId, mixed: false });
const mixed: Leaving = { deploymentId: 'dpl_bad', mixed: true };

const cases: { name: string; lock?: Partial<Lock>; open?: Lock[]; leaving: Leaving | undefined; later?: unknown }[] = [
  { name: 'what leaves is still served', leaving: on('dpl_bad') },
  { name: 'it was left unrecorded after the swap', leaving: on('dpl_good') },
  { name: 'the domains differ', leaving: mixed },
  { name: 'Vercel does not say', leaving: undefined },
  { name: 'nothing is served', leaving: { deploymentId: undefined, mixed: false } },
  { name: 'nobody wrote down what leaves', lock: { from: '' }, leaving: on('dpl_good') },
  { name: 'it failed and said so', lock: { rollback: 'failed' }, leaving: on('dpl_bad') },
  { name: 'it was done', lock: { rollback: 'rolled-back' }, leaving: on('dpl_good') },
  { name: 'an earlier rollback holds, too', open: [other(9), own], leaving: on('dpl_bad') },
  { name: 'a person locked it without a target', open: [own, plain], leaving: on('dpl_bad') },
  { name: 'its twin of the same release', open: [own, { ...own, id: 11 }], leaving: on('dpl_bad') },
  { name: 'a later rollback', open: [own, other(11)], leaving: on('dpl_bad'), later: { lock: other(11) } },
  { name: 'a later one, Vercel silent', open: [own, other(11)], leaving: undefined, later: { lock: other(11) } },
  { name: 'a hotfix in the dashboard', leaving: on('dpl_fix'), later: { serves: 'dpl_fix' } },
  {
    name: 'done, and then promoted again by hand',
    lock: { rollback: 'rolled-back' },
    leaving: on('dpl_bad'),
    later: { serves: 'dpl_bad' },
  },
  {
    name: 'done, and then moved half',
    lock: { rollback: 'rolled-back' },
    leaving: mixed,
    later: { serves: 'dpl_bad' },
  },
];

for (const { name, lock, open, leaving, later } of cases) {
  test(`A way back that was begun is ${later === undefined ? 'finished' : 'left'}: ${name}`, () => {
    const began = { ...own, ...lock };
    assert.deepEqual(findLaterMove(began, open ?? [began], leaving), later);
  });
}
