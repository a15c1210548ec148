import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAsked } from './asked.ts';
import { decideReconcile, type ReconcileFacts } from './decide-reconcile.ts';
import type { Lock } from './lock-record.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

const hour = 60 * 60 * 1000;
const now = 100 * hour;

function release(more: Partial<ReleaseRecord> = {}): ReleaseRecord {
  return {
    id: 1,
    environment: 'production',
    key: '1:production:7',
    runId: 7,
    commit: 'a'.repeat(40),
    version: 'v1.0.0',
    openedAt: now - hour / 2,
    as: 'production',
    mode: 'auto',
    firstDeployment: false,
    promotion: 'none',
    rolledBack: false,
    unwatched: false,
    facts: [],
    ...more,
  };
}

function lock(more: Partial<Lock> = {}): Lock {
  return {
    id: 10,
    environment: 'production',
    key: '1:production:7',
    reason: 'breach',
    runId: 7,
    target: { deploymentId: 'dpl_good' },
    createdAt: now - 60_000,
    expiresAt: now + hour,
    ...more,
  };
}

function fact(step: string, word: string, text = '', at = now): LedgerFact {
  return { step, kind: 'intent', word, text, at };
}

function asked(until: number): LedgerFact {
  const text = formatAsked({ until, fallback: 'auto', before: { approved: 0, rejected: 0 } });
  return fact('approval', 'asked', text, until - hour / 4);
}
const question = asked(now - hour);

/** Its job has ended, its watch goes on until then. */
function handedOff(until: number): ReleaseRecord {
  const window = fact('watch-window', String(until - 2 * hour), `${2 * hour} 30000`, until - 2 * hour);
  return release({
    promotion: 'promoted',
    promotedAt: until - 2 * hour,
    decision: 'watch-continues',
    facts: [{ ...window, kind: 'intent' }],
  });
}

const ended = new Set([7]);
const live = new Set<number>();
const cases: { name: string; facts: Partial<ReconcileFacts>; entries: unknown[]; locks: unknown[] }[] = [
  { name: 'nothing is open', facts: { releases: [release({ decision: 'released' })] }, entries: [], locks: [] },
  { name: 'its run goes on', facts: { releases: [release()], endedRuns: live }, entries: [], locks: [] },
  {
    name: 'it has waited for an approval for days',
    facts: { releases: [release({ openedAt: now - 72 * hour })], endedRuns: live, liveRuns: ended },
    entries: [],
    locks: [],
  },
  {
    name: 'it has asked people, the time is over, and its run waits on without the job that acts',
    facts: {
      releases: [release({ promotion: 'promoted', promotedAt: now - hour / 2, facts: [question] })],
      endedRuns: live,
      liveRuns: ended,
    },
    entries: ['take-back'],
    locks: [],
  },
  {
    name: 'an earlier attempt of its run asked people, and the new one goes on',
    facts: {
      releases: [
        release({
          promotion: 'promoted',
          promotedAt: now - hour / 2,
          facts: [question, fact('release', 'attempt-2')],
        }),
      ],
      endedRuns: live,
      liveRuns: ended,
    },
    entries: [],
    locks: [],
  },
  {
    name: 'GitHub knows nothing of the run, which is older than any job',
    facts: { releases: [release({ openedAt: now - 7 * hour })], endedRuns: live },
    entries: ['close cancelled'],
    locks: [],
  },
  { name: 'it died before the promotion', facts: { releases: [release()] }, entries: ['close cancelled'], locks: [] },
  {
    name: 'it died around the promotion',
    facts: { releases: [release({ promotion: 'intended' })] },
    entries: ['take-back'],
    locks: [],
  },
  {
    name: 'it has been live for hours without a verdict: nothing is moved any more',
    facts: { releases: [release({ promotion: 'promoted', promotedAt: now - 2 * hour, openedAt: now - 3 * hour })] },
    entries: ['mark-unwatched'],
    locks: [],
  },
  {
    name: 'the job that acts on an answer died, the one that asks waits on: the hour starts where the question ended',
    facts: {
      releases: [
        release({ promotion: 'promoted', promotedAt: now - 2 * hour, mode: 'approve', facts: [asked(now - hour / 3)] }),
      ],
      endedRuns: live,
      liveRuns: ended,
    },
    entries: ['take-back'],
    locks: [],
  },
  {
    name: 'a question ended more than an hour ago',
    facts: {
      releases: [
        release({ promotion: 'promoted', promotedAt: now - 3 * hour, mode: 'approve', facts: [asked(now - 2 * hour)] }),
      ],
    },
    entries: ['mark-unwatched'],
    locks: [],
  },
  {
    name: 'the canary of a rolling release was judged minutes ago, its start is more than an hour old',
    facts: {
      releases: [
        release({
          openedAt: now - 2 * hour,
          promotion: 'intended',
          facts: [
            { ...fact('promote', 'rolling', 'dpl_new rolling_release_started', now - 1.2 * hour), kind: 'outcome' },
            { ...fact('stage', 'pass', 'At 20 %: fine', now - hour / 12), kind: 'outcome' },
          ],
        }),
      ],
    },
    entries: ['take-back'],
    locks: [],
  },
  {
    name: 'it was staged minutes ago, and live for hours',
    facts: {
      releases: [
        release({
          promotion: 'promoted',
          promotedAt: now - 2 * hour,
          facts: [{ ...fact('stage', 'staged', '', now - hour / 12), kind: 'outcome' }],
        }),
      ],
    },
    entries: ['mark-unwatched'],
    locks: [],
  },
  {
    name: 'its lock promises a rollback',
    facts: { releases: [release({ promotion: 'promoted', promotedAt: now })], locks: [lock()] },
    entries: ['finish-rollback'],
    locks: [],
  },
  {
    name: 'its rollback is done, its record open',
    facts: {
      releases: [release({ promotion: 'promoted', rolledBack: true })],
      locks: [lock({ rollback: 'rolled-back' })],
    },
    entries: ['close rolled-back'],
    locks: [],
  },
  {
    name: 'its rollback is done, and only its lock could be told',
    facts: {
      releases: [release({ promotion: 'intended' })],
      locks: [lock({ rollback: 'rolled-back' })],
    },
    entries: ['close rolled-back, as lock 10 says'],
    locks: [],
  },
  {
    name: 'a run of its watch died behind its rollback, which only its lock was told',
    facts: {
      releases: [handedOff(now + hour)],
      locks: [lock({ runId: 77, rollback: 'rolled-back', createdAt: now - hour / 3 })],
      endedRuns: new Set([77]),
    },
    entries: ['close rolled-back, as lock 10 says'],
    locks: [],
  },
  {
    name: 'a run of its watch died behind the lock of its way back',
    facts: {
      releases: [handedOff(now + hour)],
      locks: [lock({ runId: 77, createdAt: now - hour / 3 })],
      endedRuns: new Set([7, 77]),
    },
    entries: ['finish-rollback'],
    locks: [],
  },
  {
    name: 'a run of its watch died minutes ago behind the lock of its way back: the next run of the watch has it first',
    facts: {
      releases: [handedOff(now - 3 * hour)],
      locks: [lock({ runId: 77, createdAt: now - hour / 5 })],
      endedRuns: new Set([7, 77]),
    },
    entries: [],
    locks: [],
  },
  {
    name: 'a run of its watch is on the way back, however long ago the window ended',
    facts: { releases: [handedOff(now - 3 * hour)], locks: [lock({ runId: 77 })], liveRuns: new Set([77]) },
    entries: [],
    locks: [],
  },
  {
    name: 'a run of its watch died behind its rollback, its record says that the watch goes on',
    facts: {
      releases: [{ ...handedOff(now + hour), rolledBack: true }],
      locks: [lock({ runId: 77, rollback: 'rolled-back', createdAt: now - hour / 3 })],
      endedRuns: new Set([77]),
    },
    entries: ['close rolled-back'],
    locks: [],
  },
  {
    name: 'a run of its watch failed on the way back and said so: the next one tries again',
    facts: {
      releases: [handedOff(now + hour)],
      locks: [lock({ runId: 77, rollback: 'failed' })],
      endedRuns: new Set([77]),
    },
    entries: [],
    locks: [],
  },
  {
    name: 'the window of its watch ended three hours ago, and no run came',
    facts: { releases: [handedOff(now - 3 * hour)] },
    entries: ['mark-unwatched'],
    locks: [],
  },
  {
    name: 'the window of its watch ended an hour ago: a run may be late',
    facts: { releases: [handedOff(now - hour)] },
    entries: [],
    locks: [],
  },
  {
    name: 'a newer release took the place of one whose watch nobody ended',
    facts: {
      releases: [
        release({ id: 2, key: 'newer', promotion: 'promoted', decision: 'released' }),
        handedOff(now - 3 * hour),
      ],
    },
    entries: [],
    locks: [],
  },
  {
    name: 'its way back failed while a service was silent, and its lock still promises it',
    facts: { releases: [release({ promotion: 'promoted', decision: 'rollback-failed' })], locks: [lock()] },
    entries: ['finish-rollback'],
    locks: [],
  },
  {
    name: 'its way back failed for a reason of its own: people decide',
    facts: {
      releases: [release({ promotion: 'promoted', decision: 'rollback-failed' })],
      locks: [lock({ rollback: 'failed' })],
    },
    entries: [],
    locks: [],
  },
  {
    name: 'its way back failed while a service was silent, and its run goes on',
    facts: {
      releases: [release({ promotion: 'promoted', decision: 'rollback-failed' })],
      locks: [lock()],
      endedRuns: live,
    },
    entries: [],
    locks: [],
  },
  {
    name: 'its way back failed while a service was silent, hours ago: people decide',
    facts: {
      releases: [release({ promotion: 'promoted', decision: 'rollback-failed' })],
      locks: [lock({ createdAt: now - 2 * hour })],
    },
    entries: [],
    locks: [],
  },
  {
    name: 'a rollback by hand died behind its lock',
    facts: { locks: [lock({ key: 'hand' })] },
    entries: [],
    locks: ['finish-rollback'],
  },
  {
    name: 'a rollback by hand failed for a reason of its own and said so: it is not tried again',
    facts: { locks: [lock({ key: 'hand', rollback: 'failed' })] },
    entries: [],
    locks: [],
  },
  {
    name: 'a rollback by hand died hours ago: people decide',
    facts: { locks: [lock({ key: 'hand', createdAt: now - 2 * hour })] },
    entries: [],
    locks: [],
  },
  {
    name: 'a rollback by hand died behind its lock, and another one came later: the later one is the word',
    facts: { locks: [lock({ id: 9, key: 'first' }), lock({ key: 'second', rollback: 'rolled-back' })] },
    entries: [],
    locks: ['close yielded to 10'],
  },
  {
    name: 'two rollbacks by hand died behind their locks, the second one after the first, an old lock has expired',
    facts: { locks: [lock({ id: 9, key: 'first' }), lock({ key: 'second' }), lock({ id: 3, expiresAt: 1 })] },
    entries: [],
    locks: ['close expired', 'close yielded to 10', 'finish-rollback'],
  },
  {
    name: 'a rollback by hand died behind its lock after another one was done',
    facts: { locks: [lock({ id: 9, key: 'first', rollback: 'rolled-back' }), lock({ key: 'second' })] },
    entries: [],
    locks: ['finish-rollback'],
  },
  {
    name: 'a lock of a person on a laptop has no run',
    facts: { locks: [lock({ key: 'laptop', runId: 0 })] },
    entries: [],
    locks: [],
  },
];

for (const { name, facts, entries, locks } of cases) {
  test(`Reconcile decides: ${name}`, () => {
    const plan = decideReconcile({ releases: [], locks: [], endedRuns: ended, liveRuns: live, now, ...facts });
    const say = (step: { do: string; decision?: string; word?: string; text?: string; saidBy?: Lock | undefined }) =>
      [step.do, step.decision ?? step.word, step.text].filter((part) => part !== undefined && part !== '').join(' ') +
      (step.saidBy === undefined ? '' : `, as lock ${step.saidBy.id} says`);
    assert.deepEqual(plan.entries.map(say), entries);
    assert.deepEqual(plan.locks.map(say), locks);
  });
}

test('a run that died behind its migrations says that they stay', () => {
  const facts = [{ step: 'migrate', kind: 'outcome', word: 'applied', text: '1 applied, newest 4', at: now } as const];
  const { entries } = decideReconcile({
    releases: [release({ facts })],
    locks: [],
    endedRuns: new Set([7]),
    liveRuns: new Set(),
    now,
  });
  const [plan] = entries;
  assert.equal(plan?.do, 'close');
  assert.match((plan as { what: string }).what, /not touched\. Its migrations stay applied \(1 applied, newest 4\);/);
});
