import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import type { Reading } from '../reading.ts';
import { combineVerdicts, explain, judgeRule } from './judge.ts';
import type { RuleVerdict } from './judge-rule.ts';

function judged(rule: string, readings: Partial<Reading>[]): RuleVerdict {
  const about = { baseline: [], buckets: [], startedAt: 0, intervalSeconds: 60, planned: 15, minRequests: 20 };
  const full = readings.map((each) => ({ metric: '', value: 1, unit: 'count' as const, at: 0, source: 'x', ...each }));
  return judgeRule(parseRule(rule), { ...about, readings: full });
}
const issues = (at: number, users: number[]): Partial<Reading>[] => [
  { metric: 'new-issues', value: users.length, at },
  ...users.map((each) => ({ metric: 'new-issue', users: each, at })),
];

test('a new issue fails when it touched enough users, one reading is enough', () => {
  const rule = 'new-issues above 0 with at least 5 users';
  assert.equal(judged(rule, [...issues(0, []), ...issues(300, [4, 1])]).verdict, 'pass');
  const found = judged(rule, [...issues(0, []), ...issues(300, [4, 6])]);
  assert.deepEqual([found.verdict, found.reasonCode, found.value, found.unit], ['fail', 'above_limit', 1, 'count']);
  assert.match(
    explain(found, []),
    /^new-issues 1 is above the limit of 0 in "new-issues above 0 with at least 5 users"$/,
  );
  assert.equal(judged('new-issues above 1', issues(300, [0, 0])).verdict, 'fail');
  assert.equal(judged('new-issues above 2', issues(300, [0, 0])).verdict, 'pass');
});

const cpu = (values: number[]): Partial<Reading>[] =>
  values.map((value, index) => ({ metric: 'database-cpu', value, unit: 'share', at: index * 300 }));

for (const { values, exp } of [
  { values: [0.4, 0.5], exp: 'pass below_limit' },
  { values: [0.4, 0.85], exp: 'undecided undecided' },
  { values: [0.4, 0.85, 0.9], exp: 'fail above_limit' },
  { values: [0.4, 0.85, 0.7], exp: 'pass below_limit' },
  { values: [0.85, 0.9, 0.95], exp: 'undecided baseline_above_limit' },
  { values: [], exp: 'undecided needs_confirmation' },
]) {
  test(`database-cpu above 80% with ${values.join(', ') || 'nothing'}: ${exp}`, () => {
    const { verdict, reasonCode } = judged('database-cpu above 80%', cpu(values));
    assert.equal(`${verdict} ${reasonCode}`, exp);
  });
}

test('what was beyond its limit from the first reading on is not blamed where the time before is not known', () => {
  const late = cpu([0.9, 0.95, 0.95]).map((each, index) => ({ ...each, at: (index + 1) * 300 }));
  const found = judged('database-cpu above 80%', late);
  assert.deepEqual([found.verdict, found.reasonCode], ['undecided', 'before_unknown']);
  assert.match(explain(found, []), /from the first reading on, and nothing is known of the time before the release$/);
  const risen = cpu([0.4, 0.95, 0.95]).map((each, index) => ({ ...each, at: (index + 1) * 300 }));
  assert.equal(judged('database-cpu above 80%', risen).verdict, 'fail');
});

test('what no source tells is a confirmation by a person, never a pass', () => {
  const found = judged('lcp above 2.5s', cpu([0.1, 0.1]));
  assert.equal(combineVerdicts([found]).verdict, 'inconclusive');
  assert.match(explain(found, []), /no source of this watch tells lcp: a person must confirm "lcp above 2\.5s"/);
});

test('a rule may speak of what must not fall, and of a time only', () => {
  const crashFree = (values: number[]) =>
    values.map((value, index) => ({ metric: 'crash-free', value, unit: 'share' as const, at: index * 300 }));
  const found = judged('crash-free below 99%', crashFree([0.999, 0.97, 0.96]));
  assert.equal(found.verdict, 'fail');
  assert.match(explain(found, []), /crash-free 96\.0 % is below the limit of 99\.0 %/);
  assert.equal(judged('crash-free below 99% within 4m', crashFree([0.999, 0.97, 0.96])).verdict, 'pass');
  const counted = [4, 9, 9].map((value, index) => ({ metric: 'usage', value, lowest: 1, at: index * 300 }));
  assert.deepEqual(
    ['usage below 3', 'usage above 3'].map((rule) => judged(rule, counted).value),
    [1, 9],
  );
});
