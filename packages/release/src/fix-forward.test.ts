import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideReconcile } from './decide-reconcile.ts';
import {
  describeFixForward,
  type FixForward,
  formatFixForward,
  openFixForward,
  startFixForward,
} from './fix-forward.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

const minute = 60_000;
const told = Date.parse('2026-01-24T12:05:00Z');
const breach = { outcome: 'success', decision: 'breach', reason: 'above_limit', summary: '' } as const;
const ended = { decision: 'would-roll-back', reasonCode: 'above_limit' } as const;
const given = { limitMs: 120 * minute, after: 'rollback', now: told } as const;

function factsOf(mending: FixForward, kind: 'intent' | 'outcome' = 'intent'): LedgerFact[] {
  const text = formatFixForward(mending);
  return [{ step: 'fix-forward', kind, word: mending.after, text, at: told }];
}

function release(more: Partial<ReleaseRecord>): ReleaseRecord {
  const base = { id: 2, key: '1:production:7', runId: 7, environment: 'production', version: 'v1.1.0' };
  const live = { promotion: 'promoted', decision: 'would-roll-back', rolledBack: false, unwatched: false } as const;
  return { ...base, ...live, openedAt: told, commit: 'a'.repeat(40), facts: [], ...more } as ReleaseRecord;
}

/** What a scheduled run does so many minutes after people were told. */
function after(minutes: number, ...releases: ReleaseRecord[]): string[] {
  const nobody = { locks: [], endedRuns: new Set<number>(), liveRuns: new Set<number>() };
  return decideReconcile({ releases, ...nobody, now: told + minutes * minute }).entries.map((entry) => entry.do);
}

test('Fix forward within two hours (ARB-07): nothing after 1:59, the configured action after 2:01, judged by the clock', () => {
  for (const action of ['propose', 'rollback'] as const) {
    const mending = startFixForward(ended, { mode: 'auto', watch: breach }, { ...given, after: action });
    assert.ok(mending);
    const facts = factsOf(mending);
    assert.deepEqual(openFixForward(facts), { until: told + 120 * minute, after: action });
    assert.deepEqual(after(119, release({ facts })), []);
    assert.deepEqual(after(121, release({ facts })), ['end-fix-forward']);
    // However late the schedule is.
    assert.deepEqual(after(60 * 24 * 3, release({ facts })), ['end-fix-forward']);
    assert.deepEqual(
      after(121, release({ facts: [...facts, ...factsOf(mending, 'outcome')] })),
      [],
      'acted on already',
    );
    const fix = release({ id: 3, key: 'fix', version: 'v1.1.1', decision: 'released' });
    assert.deepEqual(after(121, fix, release({ facts })), [], 'a newer release is live');
    assert.deepEqual(after(121, release({ facts, decision: 'rolled-back', rolledBack: true })), []);
  }
});

test('A deadline starts only where a breach was left to people, and says what follows', () => {
  const start = (
    outcome: Parameters<typeof startFixForward>[0],
    mode: 'auto' | 'notify' | 'observe' = 'notify',
    decision: string = 'would-roll-back',
    limitMs: number | undefined = given.limitMs,
  ) => startFixForward(outcome, { mode, watch: { ...breach, decision } }, { after: undefined, now: told, limitMs });
  const mending = start(ended);
  assert.deepEqual(mending, { until: told + 120 * minute, after: 'propose' });
  assert.equal(
    describeFixForward({ until: told + 120 * minute, after: 'propose' }),
    'A newer release may mend it until 2026-01-24 14:05 UTC (rollback.fix-forward-limit), then its rollback is proposed again',
  );
  assert.equal(start(ended, 'observe'), undefined, 'only recorded');
  assert.equal(start({ ...ended, reasonCode: 'declined' }), undefined, 'a person declined');
  assert.equal(start(ended, 'notify', 'declined'), undefined, 'a person declined');
  assert.equal(start({ decision: 'rolled-back', reasonCode: 'breach' }, 'auto'), undefined);
  assert.equal(start({ decision: 'released', reasonCode: 'passed' }, 'auto', 'pass'), undefined);
  assert.equal(
    startFixForward(ended, { mode: 'auto', watch: breach }, { ...given, limitMs: undefined }),
    undefined,
    'nobody gave one',
  );
});
