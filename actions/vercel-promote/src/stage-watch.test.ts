import assert from 'node:assert/strict';
import { test } from 'node:test';
import { obeyed } from './stage-watch.ts';

test('A stage with too little to judge goes on, or fails where on-inconclusive says so; other verdicts stay', () => {
  const arms = { stable: { requests: 9, errors: 0 }, canary: { requests: 2, errors: 0 } };
  const seen = { verdict: 'inconclusive', summary: 'too little', ...arms } as const;
  assert.deepEqual([obeyed(seen, 'hold').verdict, obeyed(seen, 'pass').verdict], ['inconclusive', 'inconclusive']);
  const failed = obeyed(seen, 'fail');
  assert.deepEqual([failed.verdict, failed.summary], ['fail', 'too little, and watch.on-inconclusive is fail']);
  for (const verdict of ['pass', 'no-data', 'superseded'] as const)
    assert.equal(obeyed({ verdict, summary: '', ...arms }, 'fail').verdict, verdict);
});
