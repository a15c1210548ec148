import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeTimeToLive } from './time-to-live.ts';

const table = [
  { name: 'without a budget', tookMs: 400_000, isOver: false, text: 'Live after 6 min 40 s.' },
  { name: 'within its budget', tookMs: 299_000, budgetMs: 300_000, isOver: false, text: 'Live after 4 min 59 s.' },
  { name: 'exactly its budget', tookMs: 300_000, budgetMs: 300_000, isOver: false, text: 'Live after 5 min.' },
  {
    name: 'six minutes of five',
    tookMs: 360_000,
    budgetMs: 300_000,
    isOver: true,
    text: 'Live after 6 min, over its budget of 5 min.',
  },
  { name: 'a clock that is behind', tookMs: -2_000, budgetMs: 300_000, isOver: false, text: 'Live after 0 s.' },
];

for (const { name, tookMs, budgetMs, isOver, text } of table) {
  test(`Time until live: ${name} (STG-04, DEP-10)`, () => {
    const judged = judgeTimeToLive({ openedAt: 1_000_000, promotedAt: 1_000_000 + tookMs, budgetMs });
    assert.deepEqual([judged.isOver, judged.text], [isOver, text]);
  });
}
