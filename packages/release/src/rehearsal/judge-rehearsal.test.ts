import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LedgerFact, ReleaseRecord } from '../release-record.ts';
import { judgeRehearsal, type RehearsalEvidence } from './judge-rehearsal.ts';

const start = Date.UTC(2026, 0, 1);
const fact = (step: string, kind: LedgerFact['kind'], seconds: number): LedgerFact => {
  return { step, kind, word: 'x', text: '', at: start + seconds * 1000 };
};
const facts = [fact('promote', 'outcome', 10), fact('rollback', 'intent', 42), fact('rollback', 'outcome', 45)];

function evidence(more: Partial<RehearsalEvidence> = {}, release: Partial<ReleaseRecord> = {}): RehearsalEvidence {
  const record = {
    decision: 'rolled-back',
    reason: 'breach',
    rollbackTarget: { deploymentId: 'dpl_1', version: 'v1.0.0', adopted: false },
    facts,
    closedAt: start + 57_000,
    ...release,
  } as ReleaseRecord;
  return { release: record, said: 'so it ended', servedId: 'dpl_1', limitMs: 300_000, ...more };
}
const reasonOf = (...given: Parameters<typeof evidence>) => judgeRehearsal(evidence(...given)).reasonCode;

test('taken back by the watch, former release served, proven, in time: passed, with its times beside the target', () => {
  const { passed, reasonCode, summary, times } = judgeRehearsal(evidence());
  assert.deepEqual([passed, reasonCode], [true, 'rehearsed']);
  assert.deepEqual(times, { detection: 32_000, swap: 3_000, verified: 15_000 });
  assert.match(
    summary,
    /v1\.0\.0 serves again.*from decision to proof in 15 s, its limit is 5 min; .*32 s after the promotion/,
  );
});

test('a rule that is disabled, in whatever way, fails the rehearsal by name', () => {
  assert.equal(reasonOf({}, { decision: 'would-roll-back', reason: 'x' }), 'rule_does_not_act');
  assert.equal(reasonOf({}, { decision: 'asked' }), 'rule_does_not_act');
  for (const decision of ['released', 'held', 'watch-continues'])
    assert.equal(reasonOf({}, { decision }), 'no_rule_fired', decision);
});

test('the way back that was taken for another reason, is unproven, failed, late or leads elsewhere is no pass', () => {
  assert.equal(reasonOf({}, { reason: 'health_failed' }), 'not_by_the_watch');
  assert.equal(reasonOf({}, { reason: 'cancelled' }), 'not_by_the_watch');
  assert.equal(reasonOf({}, { reason: 'restored_not_verified' }), 'not_verified');
  assert.equal(reasonOf({}, { decision: 'rollback-failed' }), 'way_back_failed');
  assert.equal(reasonOf({ limitMs: 14_000 }), 'too_slow');
  assert.equal(reasonOf({ servedId: 'dpl_2' }), 'other_release_serves');
  assert.equal(reasonOf({ servedId: undefined }), 'other_release_serves');
});

test('what never began, or ended without a word, says so in the words that there are', () => {
  const refused = judgeRehearsal(evidence({ release: undefined, said: 'refused on staging: mode notify' }));
  assert.deepEqual([refused.passed, refused.reasonCode], [false, 'not_started']);
  assert.match(refused.summary, /nothing was rehearsed: refused on staging: mode notify/);
  assert.match(
    judgeRehearsal(evidence({ said: '' }, { decision: undefined })).summary,
    /ended as none.*its log says why/,
  );
  assert.equal(reasonOf({}, { facts: [] }), 'no_record');
});

test('a run that was started again is judged by its last attempt', () => {
  const again = [
    ...facts,
    fact('promote', 'outcome', 110),
    fact('rollback', 'intent', 115),
    fact('rollback', 'outcome', 116),
  ];
  const { times } = judgeRehearsal(evidence({}, { facts: again, closedAt: start + 120_000 }));
  assert.deepEqual(times, { detection: 5_000, swap: 1_000, verified: 5_000 });
});

test('the record of an earlier attempt proves nothing for one that was refused, and a restored release that is sick is no proof', () => {
  assert.equal(reasonOf({ ended: 'rolled-back' }), 'rehearsed');
  for (const ended of ['refused', 'none', 'superseded']) assert.equal(reasonOf({ ended }), 'not_started', ended);
  const sick = judgeRehearsal(evidence({ ended: 'rollback-failed', said: 'what was restored is sick as well' }));
  assert.deepEqual([sick.passed, sick.reasonCode], [false, 'not_verified']);
  assert.match(sick.summary, /not well: what was restored is sick as well/);
});
