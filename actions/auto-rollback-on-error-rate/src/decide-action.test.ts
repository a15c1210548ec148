import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideAction } from './decide-action.ts';
import type { WatchPlan } from './plan-watch.ts';

type Verdict = Parameters<typeof decideAction>[0]['verdict'];
type Mode = WatchPlan['mode'];

const hold = { onNoData: 'hold', onInconclusive: 'hold' } as const;

function decide(verdict: Verdict, mode: Mode, act: boolean, more: Partial<WatchPlan> = {}, failOn?: 'held'): string {
  const outcome = { verdict, reasonCode: 'reason', summary: 'what was seen', broken: [] };
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

test('in mode approve people are asked where a job waits for them, whatever failed; in other modes nobody is', () => {
  const outcome = { verdict: 'fail' as const, reasonCode: 'above_limit', summary: 'x', broken: [] };
  const found = (mode: Mode) => decideAction(outcome, { mode, ...hold }, { act: false, mayAsk: true });
  assert.deepEqual([found('approve').decision, found('approve').failed], ['asked', true]);
  for (const mode of ['observe', 'notify', 'auto'] as const) assert.equal(found(mode).decision, 'would-roll-back');
});

test('the policies decide what no data and too little data mean (ARB-12)', () => {
  assert.equal(decide('no-data', 'auto', true, { onNoData: 'fail' }), 'would-roll-back act red');
  assert.equal(decide('no-data', 'auto', false, { onNoData: 'pass' }), 'pass yellow');
  assert.equal(decide('inconclusive', 'notify', false, { onInconclusive: 'fail' }), 'would-roll-back red');
  assert.equal(decide('inconclusive', 'auto', false, { onNoData: 'fail' }), 'held yellow');
  assert.equal(decide('inconclusive', 'auto', false, {}, 'held'), 'held red');
});

test('superseded and cancelled are red and never act, whatever the policies are', () => {
  for (const reasonCode of ['superseded', 'cancelled']) {
    const outcome = { verdict: 'inconclusive' as const, reasonCode, summary: 'x', broken: [] };
    const found = decideAction(outcome, { mode: 'auto', onNoData: 'fail', onInconclusive: 'fail' }, { act: true });
    assert.deepEqual([found.decision, found.act, found.failed], [reasonCode, false, true]);
  }
});

test('a rule does less than the mode allows, never more (ARB-13)', () => {
  const broken = [{ rule: 'r', level: 'critical' as const, at: 0, value: 0.1, limit: 0.02, unit: 'share' as const }];
  const found = (mode: Mode, action?: 'notify' | 'approve' | 'auto') => {
    const outcome = {
      verdict: 'fail',
      reasonCode: 'above_limit',
      summary: 'x',
      broken,
      ...(action && { action }),
    } as const;
    const { decision, act, failed } = decideAction(outcome, { mode, ...hold }, { act: true });
    return [decision, act, failed];
  };
  assert.deepEqual(found('auto', 'notify'), ['breach', false, true]);
  assert.deepEqual(found('auto', 'approve'), ['breach', false, true]);
  assert.deepEqual(found('auto', 'auto'), ['would-roll-back', true, true]);
  assert.deepEqual(found('notify', 'auto'), ['would-roll-back', false, true]);
  assert.deepEqual(found('observe', 'notify'), ['would-roll-back', false, false]);
  assert.deepEqual(found('approve', 'notify'), ['breach', false, true]);
});

test('a rule that says approve asks people in mode auto where a job waits for them; a stricter mode is no ceiling above it', () => {
  const outcome = {
    verdict: 'fail' as const,
    reasonCode: 'above_limit',
    summary: 'x',
    broken: [],
    action: 'approve' as const,
  };
  const found = (mode: Mode, mayAsk: boolean) =>
    decideAction(outcome, { mode, ...hold }, { act: false, mayAsk }).decision;
  assert.equal(found('auto', true), 'asked');
  assert.equal(found('auto', false), 'breach');
  assert.equal(found('approve', true), 'asked');
  assert.equal(found('notify', true), 'would-roll-back');
  assert.equal(found('observe', true), 'would-roll-back');
});

test('on-no-data and on-inconclusive: ask asks people; where nobody waits it is red and moves nothing (ARB-12)', () => {
  for (const [verdict, setting] of [
    ['no-data', 'onNoData'],
    ['inconclusive', 'onInconclusive'],
  ] as const) {
    const outcome = { verdict, reasonCode: 'source_blind', summary: 'what was seen', broken: [] };
    const found = (mode: Mode, mayAsk: boolean) =>
      decideAction(outcome, { mode, ...hold, [setting]: 'ask' }, { act: true, mayAsk });
    assert.equal(found('auto', true).decision, 'asked');
    assert.match(found('auto', true).summary, /^What was seen \(on-.*: ask\)/);
    const alone = found('auto', false);
    assert.deepEqual([alone.decision, alone.act, alone.failed], ['breach', false, true]);
    assert.match(alone.summary, /A person must decide \(on-.* says ask\)/);
    assert.equal(found('observe', true).decision, 'would-roll-back');
  }
});

test('a verdict that came hours late moves nothing by itself, whatever failed; a person decides', () => {
  const hour = 60 * 60_000;
  const found = (byMs: number, verdict: Verdict = 'fail', mode: Mode = 'auto') => {
    const outcome = { verdict, reasonCode: 'above_limit', summary: 'what was seen', broken: [] };
    return decideAction(
      outcome,
      { mode, onNoData: 'fail', onInconclusive: 'hold' },
      { act: false, late: { byMs, limitMs: 2 * hour } },
    );
  };
  assert.equal(found(2 * hour).decision, 'would-roll-back');
  const late = found(62 * hour);
  assert.deepEqual([late.decision, late.act, late.failed], ['breach', false, true]);
  assert.equal(late.summary, 'A person must decide, it came 3720 minutes late: what was seen');
  assert.equal(found(62 * hour, 'no-data').decision, 'breach');
  assert.equal(found(62 * hour, 'pass').decision, 'pass');
  assert.equal(found(62 * hour, 'inconclusive').decision, 'held');
  assert.deepEqual(
    [found(62 * hour, 'fail', 'observe').failed, found(62 * hour, 'fail', 'notify').failed],
    [false, true],
  );
});

test('a broken warning leaves the release passed and is shown', () => {
  const broken = [{ rule: 'r', level: 'warning' as const, at: 0, value: 0.01, limit: 0.005, unit: 'share' as const }];
  const outcome = { verdict: 'pass' as const, reasonCode: 'below_limit', summary: 'x', broken };
  const { decision, failed, warning } = decideAction(outcome, { mode: 'auto', ...hold }, { act: true });
  assert.deepEqual([decision, failed, warning], ['pass', false, true]);
});

test('a window that later runs go on with is neither a pass nor held, whatever the policies and the mode say', () => {
  const outcome = { verdict: 'inconclusive' as const, reasonCode: 'window_open', summary: 'clean so far', broken: [] };
  for (const mode of ['observe', 'notify', 'approve', 'auto'] as const) {
    for (const policy of ['hold', 'fail', 'pass'] as const) {
      const plan = { mode, onNoData: policy, onInconclusive: policy };
      const { decision, act, failed, warning } = decideAction(outcome, plan, { act: true, failOn: 'held' });
      assert.deepEqual([decision, act, failed, warning], ['watch-continues', false, false, false]);
      const blind = { ...outcome, noData: { noData: 'source_timeout', message: 'no answer within 300 s' } };
      const unread = decideAction(blind, plan, { act: true, failOn: 'held' });
      assert.deepEqual([unread.decision, unread.failed, unread.warning], ['watch-continues', false, true]);
    }
  }
});
