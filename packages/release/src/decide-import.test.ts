import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProjectState } from '#vercel/project';
import { decideImport, findNotedRollback, type NotedRollback } from './decide-import.ts';
import type { Lock } from './lock-record.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';
import { formatRollbackNote } from './rollback-note.ts';

const now = 1_800_000_000_000;
const key = 'acme/shop:production:by-hand-1732900000000';
const scope = { environment: 'production', repository: 'acme/shop', repositoryIds: ['17'] };
const pin = {
  deploymentId: 'dpl_good',
  from: 'dpl_bad',
  description: formatRollbackNote({ key, reason: 'checkout fails' }),
  by: 'ada',
  at: now - 60_000,
};
const last = { type: 'rollback', jobStatus: 'succeeded', toDeploymentId: 'dpl_good', requestedAt: pin.at } as const;
type State = Pick<ProjectState, 'pinnedRollback' | 'lastAliasRequest'>;
const state: State = { pinnedRollback: pin, lastAliasRequest: last };

test('a rollback is found by its note once its domains have moved', () => {
  const noted = findNotedRollback(state, scope);
  const target = { deploymentId: 'dpl_good' };
  assert.deepEqual(noted, { key, reason: 'checkout fails', target, from: 'dpl_bad', by: 'ada', at: pin.at });
  const others: State[] = [
    {},
    { ...state, pinnedRollback: { ...pin, description: 'orders were lost' } },
    { ...state, pinnedRollback: { deploymentId: 'dpl_good', at: pin.at } },
    { ...state, lastAliasRequest: { ...last, jobStatus: 'in-progress' } },
    // It never reached the domains: what serves is what was left.
    { pinnedRollback: { ...pin, deploymentId: 'dpl_bad' }, lastAliasRequest: { ...last, jobStatus: 'failed' } },
    { ...state, pinnedRollback: { ...pin, from: 'dpl_good' } },
  ];
  for (const other of others) assert.equal(findNotedRollback(other, scope), undefined, JSON.stringify(other));
});

const noted: NotedRollback = {
  key,
  reason: 'r',
  target: { deploymentId: 'dpl_good' },
  from: 'dpl_bad',
  at: now - 60_000,
};
const lock: Lock = {
  id: 5,
  environment: 'production',
  key,
  reason: 'r',
  target: { deploymentId: 'dpl_good' },
  createdAt: now,
  expiresAt: now + 1,
};
const written: LedgerFact = {
  step: 'rollback',
  kind: 'outcome',
  word: 'rolled-back',
  text: 'dpl_bad -> dpl_good rolled_back',
  at: now,
};
const left = {
  id: 1,
  key: '17:production:1',
  deploymentId: 'dpl_bad',
  decision: 'released',
  facts: [] as LedgerFact[],
};

function decide(
  facts: { locks?: Lock[]; releases?: object[]; ended?: number[]; live?: number[]; now?: number } = {},
  more: Partial<NotedRollback> = {},
) {
  const plan = decideImport(
    { ...noted, ...more },
    {
      locks: facts.locks ?? [],
      releases: (facts.releases ?? [left]) as ReleaseRecord[],
      endedRuns: new Set(facts.ended),
      liveRuns: new Set(facts.live),
      now: facts.now ?? now,
    },
  );
  if (plan === undefined || 'refused' in plan) return plan;
  return [plan.takesLock, plan.lock?.id, plan.entries[0]?.id, plan.isOwn];
}

test('only what is missing is written', () => {
  assert.deepEqual(decide(), [true, undefined, 1, false]);
  assert.deepEqual(decide({ locks: [lock] }), [false, 5, 1, false], 'the lock, not the entry');
  const done = { ...lock, rollback: 'rolled-back' };
  assert.deepEqual(decide({ locks: [done] }), [false, 5, 1, false], 'the lock with its end, not the entry');
  const said = { ...left, facts: [written] };
  assert.deepEqual(
    decide({ locks: [lock], releases: [said] }),
    [false, 5, undefined, false],
    'not the end of the lock',
  );
  assert.deepEqual(decide({ releases: [said] }), [true, undefined, undefined, false], 'not the lock');
  assert.equal(decide({ locks: [done], releases: [said] }), undefined);
  assert.equal(decide({ locks: [{ ...done, releasedAt: now }], releases: [said] }), undefined, 'lifted: it is over');
  const earlier = { ...left, facts: [{ ...written, at: now - 3_600_000 }] };
  assert.deepEqual(decide({ locks: [done], releases: [earlier] }), [false, 5, 1, false], 'an earlier rollback to it');
  const yielded = { ...lock, id: 6, releasedAt: now };
  assert.equal(decide({ locks: [yielded, done], releases: [said] }), undefined, 'of two the lower one');
});

test('what somebody acknowledged gets no lock any more, and what failed was no silence', () => {
  const lifted = { ...lock, id: 9, key: 'me', releasedAt: now };
  assert.deepEqual(decide({ locks: [lifted] }), [false, undefined, 1, false]);
  assert.equal(decide({ locks: [{ ...lock, rollback: 'failed' }] }), undefined);
  assert.equal(decide({ now: now + 15 * 24 * 3_600_000 }), undefined, 'two weeks later it is old news');
});

test('a run that may still write does so itself', () => {
  const runId = 42;
  assert.equal(decide({ live: [42] }, { runId }), undefined);
  assert.equal(decide({}, { runId }), undefined, 'GitHub does not know it, and it is young');
  assert.deepEqual(decide({ ended: [42] }, { runId }), [true, undefined, 1, false]);
});

test('an open release of the same key is left to its own end, with the lock it lacks', () => {
  const own = { ...left, key, decision: undefined };
  assert.deepEqual(decide({ releases: [own] }), [true, undefined, undefined, true]);
  assert.equal(decide({ releases: [own], locks: [lock] }), undefined);
});

test('the key of another rollback is refused by name', () => {
  const other = { ...lock, target: { deploymentId: 'dpl_other' } };
  assert.match(String(Object.values(decide({ locks: [other] }) ?? {})), /key of lock 5, which names dpl_other/);
});

test('what had gone back before in the same silence is found by the ledger, and never guessed', () => {
  const bad = { ...left, version: 'v2', promotedAt: now - 7_200_000 };
  const newer = { ...left, id: 2, deploymentId: 'dpl_worse', version: 'v3', promotedAt: now - 3_600_000 };
  const good = { ...left, id: 3, deploymentId: 'dpl_good', version: 'v1', promotedAt: now - 9_000_000 };
  const releases = [newer, bad, good];
  const plan = (given: object[], locks: Lock[] = [], more: Partial<NotedRollback> = {}) => {
    const facts = {
      releases: given as ReleaseRecord[],
      locks,
      endedRuns: new Set<number>(),
      liveRuns: new Set<number>(),
    };
    const found = decideImport({ ...noted, ...more }, { ...facts, now });
    assert.ok(found !== undefined && !('refused' in found));
    return [found.entries.map(({ id }) => id), found.unproven];
  };
  const back = (at: number, from: string, to: string) => ({ ...written, at, text: `${from} -> ${to} rolled_back` });

  assert.deepEqual(plan(releases), [[1, 2], undefined]);
  assert.deepEqual(plan([{ ...newer, facts: [written] }, bad, good]), [[1], undefined], 'it says so already');
  assert.deepEqual(plan([bad, good]), [[1], undefined], 'the newest one was left');
  const known = { ...newer, rolledBack: true, facts: [back(now - 1_800_000, 'dpl_worse', 'dpl_bad')] };
  assert.deepEqual(plan([known, bad, good]), [[1], undefined], 'GitHub saw the first of the two');
  const past = { ...newer, rolledBack: true, facts: [back(now - 1_800_000, 'dpl_worse', 'dpl_worst')] };
  assert.deepEqual(plan([past, bad, good]), [[1], undefined], 'to a deployment of nobody');
  const byLock = {
    ...lock,
    key: 'me',
    rollback: 'rolled-back',
    target: { deploymentId: 'dpl_bad' },
    createdAt: now - 9_000,
  };
  assert.deepEqual(plan(releases, [byLock]), [[1], undefined], 'only a lock tells it');
  const forward = { ...bad, promotedAt: now - 900_000 };
  assert.deepEqual(plan([newer, forward, good]), [[1], undefined], 'released again since');
  for (const from of ['dpl_by_hand', undefined]) {
    const [entries, unproven] = plan(releases, [], { from });
    assert.deepEqual(entries, []);
    assert.match(String(unproven), /^Whether v3 was taken back, too, cannot be told: .* served between it and this/);
  }
});
