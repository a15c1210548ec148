import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideAction } from './decide-action.ts';
import type { WatchPlan } from './plan-watch.ts';

type Verdict = Parameters<typeof decideAction>[0]['verdict'];
type Mode = WatchPlan['mode'];

const hold = { onNoData: 'hold', onInconclusive: 'hold' } as const;

function decide(verdict: Verdict, mode: Mode, act: boolean, more: Partial<WatchPlan> = {}, failOn?: 'held'): string {
  const outcome = { verdict, reasonCode: 'reason', summary: 'what was seen' };
  const found = decideAction(outcome, { mode, ...hold, ...more }, { act, failOn });
  return [found.decision, found.act ? 'act' : '', found.failed ? 'red' : found.warning ? 'yellow' : 'green']
    .filter(Boolean)
    .join(' ');
}

// ARB-09: the same breach in four modes.
const rows: [verdict: Verdict, mode: Mode, act: boolean, expected: string][] = [
  ['fail', 'observe', true, 'would-roll-back yellow'],
  ['fail', 'notify', true, 'would-roll-back red'],
  ['fail', 'approve', true, 'would-roll-back red'],
  ['fail', 'auto', true, 'would-roll-back act red'],
  ['fail', 'observe', false, 'would-roll-back yellow'],
  ['fail', 'auto', false, 'would-roll-back red'],
  ['pass', 'auto', true, 'pass green'],
  ['inconclusive', 'auto', true, 'held yellow'],
  ['no-data', 'auto', true, 'held yellow'],
];
for (const [verdict, mode, act, expected] of rows) {
  test(`${verdict} in mode ${mode}, act ${act}: ${expected}`, () => {
    assert.equal(decide(verdict, mode, act), expected);
  });
}

test('the policies decide what no data and too little data mean (ARB-12)', () => {
  assert.equal(decide('no-data', 'auto', true, { onNoData: 'fail' }), 'would-roll-back act red');
  assert.equal(decide('no-data', 'auto', false, { onNoData: 'pass' }), 'pass yellow');
  assert.equal(decide('inconclusive', 'notify', false, { onInconclusive: 'fail' }), 'would-roll-back red');
  assert.equal(decide('inconclusive', 'auto', false, { onNoData: 'fail' }), 'held yellow');
  assert.equal(decide('inconclusive', 'auto', false, {}, 'held'), 'held red');
});

test('superseded and cancelled are red and never act, whatever the policies are', () => {
  for (const reasonCode of ['superseded', 'cancelled']) {
    const outcome = { verdict: 'inconclusive', reasonCode, summary: 'x' } as const;
    const found = decideAction(outcome, { mode: 'auto', onNoData: 'fail', onInconclusive: 'fail' }, { act: true });
    assert.deepEqual([found.decision, found.act, found.failed], [reasonCode, false, true]);
  }
});
