import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wayBackTime } from './newest-way-back.ts';
import type { LedgerFact, ReleaseRecord } from './release-record.ts';

const fact = (kind: 'intent' | 'outcome', word: string, at: number): LedgerFact => {
  return { step: 'rollback', kind, word, text: '', at };
};
const record = (facts: LedgerFact[], more: Partial<ReleaseRecord> = {}) =>
  ({ environment: 'production', facts, ...more }) as ReleaseRecord;

test('a way back is measured from its decision to its proof, else to the domains; what stayed says nothing', () => {
  const facts = [fact('intent', 'dpl_a', 60_000), fact('outcome', 'rolled-back', 62_000)];
  assert.deepEqual(wayBackTime(record(facts, { decision: 'rolled-back', closedAt: 90_000, rehearsal: true })), {
    ...{ environment: 'production', at: 60, seconds: 30, rehearsal: true },
  });
  assert.equal(wayBackTime(record(facts))?.seconds, 2);
  // An attempt that was refused before the one that went back.
  const tried = [fact('intent', 'dpl_a', 1_000), fact('outcome', 'refused', 2_000), ...facts];
  assert.equal(wayBackTime(record(tried))?.seconds, 2);
  assert.equal(wayBackTime(record([fact('intent', 'dpl_a', 1_000), fact('outcome', 'failed', 2_000)])), undefined);
  assert.equal(wayBackTime(record([])), undefined);
});
