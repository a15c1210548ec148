import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub } from '#github/client';
import type { OutcomeFacts, ReleaseOutcome } from '#release/decide-release-outcome';
import type { ReleaseHandle } from '#release/release-handle';
import { notAsked, recordVerdict } from './record-verdict.ts';

const asked = { until: 1_800_000_000_000, fallback: 'auto', before: { approved: 0, rejected: 0 } };

/** The facts that the ledger gets. */
async function recorded(
  decision: ReleaseOutcome['decision'],
  watch: { decision: string; reason: string; summary: string },
  result: object,
): Promise<string[]> {
  const facts: string[] = [];
  const github = {
    createStatus: async (_id: number, { description }: { description: string }) => void facts.push(description),
  } as unknown as GitHub;
  const handle = { ledgerId: 1, mode: 'approve' } as ReleaseHandle;
  const outcome = { decision } as ReleaseOutcome;
  await recordVerdict(github, handle, {
    outcome,
    steps: { watch } as unknown as OutcomeFacts,
    watchResult: JSON.stringify(result),
  });
  return facts;
}

test('The question is kept last; where the watch did not tell it, that is an error and not silence', async () => {
  const watch = { decision: 'asked', reason: 'breach', summary: 'people are asked' };
  const facts = await recorded('asked', watch, { reasonCode: 'breach', asked });
  assert.deepEqual(facts, [
    'ops:would-have-been:outcome:approve breach',
    'ops:approval:intent:asked until 1800000000 then auto, answers 0/0',
  ]);
  await assert.rejects(recorded('asked', watch, { reasonCode: 'breach' }), /has no question/);
  const told = notAsked({ what: 'too many errors; the reviewers are asked.' });
  assert.deepEqual([told.decision, told.reasonCode], ['would-roll-back', 'not_asked']);
  assert.match(told.what, /reviewers are asked\. But the question could not be kept/);
});

test('An answer is kept without who gave it and what they wrote (S5)', async () => {
  for (const reason of ['approved', 'declined', 'unanswered']) {
    const watch = { decision: reason, reason, summary: 'Approved by alice ("go, says bob"): 12 %' };
    assert.deepEqual(await recorded('rolled-back', watch, {}), [`ops:approval:outcome:${reason}`]);
  }
});
