import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WatchOutcome } from '#observe/watch';
import { decideAction } from './decide-action.ts';
import type { TakenBack } from './take-back.ts';
import { tellRestored } from './tell-restored.ts';

const back: TakenBack = {
  decision: 'rolled-back',
  reasonCode: 'rolled_back',
  summary: 'Production is back on v1.',
  warnings: [],
  rollback: { from: 'dpl_bad', to: 'dpl_good', startedAt: 1, swappedAt: 2 },
};
const plan = { mode: 'auto', onNoData: 'hold', onInconclusive: 'hold' } as const;

for (const { name, verdict, reasonCode, decision, reason, says } of [
  {
    name: 'healthy, the release stays rolled back',
    verdict: 'pass' as const,
    reasonCode: 'below_limit',
    decision: 'rolled-back',
    reason: 'rolled_back',
    says: /back on v1\. Watched after it: What was seen/,
  },
  {
    name: 'sick, the way back has failed and nothing is moved again',
    verdict: 'fail' as const,
    reasonCode: 'above_limit',
    decision: 'rollback-failed',
    reason: 'restored_release_sick',
    says: /sick as well: What was seen\. The cause is not the release .* nothing is moved again/,
  },
  {
    name: 'without data, it is back and not proven',
    verdict: 'no-data' as const,
    reasonCode: 'source_blind',
    decision: 'rolled-back',
    reason: 'rolled_back',
    says: /Watched after it: Live, not proven: what was seen/,
  },
]) {
  test(`what was restored, ${name} (FRB-13)`, () => {
    const outcome = {
      verdict,
      reasonCode,
      summary: 'what was seen',
      broken: [],
      buckets: [],
    } as unknown as WatchOutcome;
    const told = tellRestored(back, { outcome, decision: decideAction(outcome, plan, { act: false }) });
    assert.deepEqual([told.decision, told.reasonCode, told.restored?.verdict], [decision, reason, verdict]);
    assert.match(told.summary, says);
    assert.deepEqual(told.rollback, back.rollback);
  });
}
