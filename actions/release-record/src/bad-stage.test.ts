import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GitHub } from '#github/client';
import type { StepFacts } from '#release/decide-release-outcome';
import { formatFact } from '#release/release-record';
import { readBadStage } from './bad-stage.ts';

test('the run that ends a watch learns from the record of the stage that another job saw', async () => {
  const bad = 'At 10 %: 30 of 400 requests failed';
  let asked = 0;
  const github = {
    async listStatuses() {
      asked += 1;
      return [{ id: 1, description: formatFact('stage', 'outcome', 'fail', bad), createdAt: 0 }];
    },
  } as unknown as GitHub;
  const watch = (decision: string) => ({ watch: { decision } as StepFacts });
  const read = (mode: 'observe' | 'auto', ledgerId: number, decision: string) =>
    readBadStage(github, { mode, ledgerId }, watch(decision));
  assert.equal(await read('observe', 7, 'pass'), bad);
  assert.equal(await read('observe', 7, 'held'), bad);
  assert.equal(await read('observe', 7, 'watch-continues'), undefined);
  assert.equal(await read('auto', 7, 'pass'), undefined, 'there it was aborted');
  assert.equal(await read('observe', 0, 'pass'), undefined);
  assert.equal(asked, 2);
});
