import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { Random } from '../../test/random.ts';
import type { Bucket } from '../bucket.ts';
import { explain, judgeRule, openRule } from './judge.ts';
import type { JudgedWindow } from './judge-rule.ts';

function bucketsOf(times: readonly number[], requests = 200, from = 0): Bucket[] {
  return times.map((p95, index) => {
    return { start: from + index * 30, end: from + index * 30 + 30, requests, errors: 0, p95 };
  });
}

function window(buckets: Bucket[], baseline: Bucket[] = []): JudgedWindow {
  return { baseline, buckets, startedAt: 0, intervalSeconds: 30, planned: 30, minRequests: 20 };
}
const always = (ms: number, times = 30): number[] => Array.from({ length: times }, () => ms);
const five = parseRule('p95 above 5s within 15m');

test('a p95 of 5.2 s fails "above 5s" within two minutes of the first breach (ARB-05)', () => {
  const buckets = bucketsOf([...always(900, 10), ...always(5200, 4)]);
  const found = judgeRule(five, window(buckets));
  assert.deepEqual([found.verdict, found.reasonCode, found.breachAt, found.value], ['fail', 'above_limit', 330, 5200]);
  assert.match(
    explain(found, buckets),
    /^p95 5200 ms \(median of the intervals, .*above the limit of 5000 ms in "p95 above 5s/,
  );
});

test('one slow interval is no breach, a minute later all is as before; after the time of the rule nothing counts', () => {
  const one = bucketsOf([...always(900, 10), 9000, ...always(900, 10)]);
  for (let length = 1; length <= one.length; length += 1) {
    assert.notEqual(judgeRule(five, window(one.slice(0, length))).verdict, 'fail');
  }
  assert.equal(judgeRule(five, window(one)).verdict, 'pass');
  assert.equal(judgeRule(five, window(bucketsOf([...always(900, 30), ...always(9000, 9)]))).verdict, 'pass');
});

// MET-08: each preset's limit against four values.
for (const [limit, fires] of [
  ['500ms', [600, 2100, 3100]],
  ['2s', [2100, 3100]],
  ['3s', [3100]],
] as const) {
  test(`p95 above ${limit} fires at ${fires.join(', ')} ms only`, () => {
    const rule = parseRule(`p95 above ${limit}`);
    const found = [450, 600, 2100, 3100].filter(
      (p95) => judgeRule(rule, window(bucketsOf(always(p95)))).verdict === 'fail',
    );
    assert.deepEqual(found, [...fires]);
  });
}

test('a tolerance of 25 %: plus 10 % is normal, plus 60 % is not, too few samples say nothing (PDW-10)', () => {
  const rule = parseRule('p95 above 1.25x baseline and at least 100ms');
  const before = bucketsOf(always(400), 200, -900);
  assert.equal(judgeRule(rule, window(bucketsOf(always(440)), before)).verdict, 'pass');
  assert.equal(judgeRule(rule, window(bucketsOf(always(640)), before)).verdict, 'fail');
  const few = judgeRule(rule, window(bucketsOf(always(640), 10), before));
  assert.deepEqual([few.verdict, few.reasonCode], ['undecided', 'no_response_times']);
});

test('a multiple of response times of which fewer than five intervals are known decides nothing, however slow (MET-08)', () => {
  const rule = parseRule('p95 above 1.25x baseline and at least 500ms');
  const steady = bucketsOf(always(800));
  for (const known of [0, 4]) {
    const found = judgeRule(rule, window(steady, bucketsOf(always(800, known), 200, -900)));
    assert.deepEqual([found.verdict, found.reasonCode], ['undecided', 'no_baseline'], `${known} intervals`);
    assert.match(explain(found, steady), /^p95 800 ms .* cannot be compared in "p95 .*too little is known of the resp/);
  }
  const unread = judgeRule(rule, { ...window(steady), baselineUnread: true });
  assert.deepEqual([unread.verdict, unread.reasonCode], ['undecided', 'baseline_unread']);
  assert.equal(judgeRule(rule, window(steady, bucketsOf(always(800, 5), 200, -900))).verdict, 'pass');
  assert.equal(judgeRule(rule, window(bucketsOf(always(1100)), bucketsOf(always(800, 5), 200, -900))).verdict, 'fail');
});

test('a baseline above the limit has its own reason; buckets without response times have theirs', () => {
  const slow = judgeRule(five, window(bucketsOf(always(9000)), bucketsOf(always(6000), 200, -900)));
  assert.deepEqual([slow.verdict, slow.reasonCode], ['undecided', 'baseline_above_limit']);
  const none = judgeRule(five, window(bucketsOf(always(0)).map(({ p95: _, ...bucket }) => bucket)));
  assert.deepEqual([none.verdict, none.reasonCode], ['undecided', 'no_response_times']);
});

test('one slow interval in twenty fails at most 2 % of windows of half an hour', () => {
  let failed = 0;
  for (let run = 0; run < 1000; run += 1) {
    const random = new Random(run);
    const draw = (from: number): Bucket[] =>
      bucketsOf(
        Array.from({ length: 30 }, () => (random.next() < 0.05 ? 6000 : 900)),
        200,
        from,
      );
    const judge = openRule(five, window([], draw(-900)));
    const verdicts = draw(0).map((bucket) => {
      judge.add(bucket);
      return judge.verdict().verdict;
    });
    if (verdicts.includes('fail')) failed += 1;
  }
  assert.ok(failed <= 20, `${failed} of 1000`);
});
