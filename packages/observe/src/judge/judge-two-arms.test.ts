import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorRateRule, parseRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { judgeTwoArms, type TwoArmsVerdict } from './judge-two-arms.ts';

type Counts = { requests: number; errors: number };
const one = parseRule('error-rate above 1% within 15m') as ErrorRateRule;

function judged(stable: Counts[], canary: Counts[], rule = one): TwoArmsVerdict {
  const placed = (counts: Counts[]): Bucket[] =>
    counts.map((each, index) => ({ start: index * 30, end: index * 30 + 30, ...each }));
  const about = { startedAt: 0, intervalSeconds: 30, planned: 30, minRequests: 20 };
  return judgeTwoArms(rule, { stable: placed(stable), canary: placed(canary), ...about });
}

const times = (count: number, each: Counts): Counts[] => Array.from({ length: count }, () => each);

test('a new arm that fails more than the stable one beside it fails; one that fails alike does not', () => {
  const stable = times(4, { requests: 1800, errors: 9 });
  assert.equal(judged(stable, times(4, { requests: 200, errors: 6 })).verdict, 'fail');
  assert.notEqual(judged(stable, times(4, { requests: 200, errors: 1 })).verdict, 'fail');
});

test('what rises outside hits both arms and is not blamed on the new one', () => {
  const wave = [0.005, 0.01, 0.02, 0.05, 0.05, 0.04, 0.03, 0.03];
  const arm = (requests: number): Counts[] => wave.map((rate) => ({ requests, errors: Math.round(rate * requests) }));
  const { verdict, odds, value } = judged(arm(1800), arm(200));
  assert.notEqual(verdict, 'fail');
  assert.ok(odds < 0, `${odds}`);
  assert.ok(value > 0.02);
});

test('worse than the stable arm and still below the limit is no failure', () => {
  const found = judged(times(20, { requests: 1800, errors: 2 }), times(20, { requests: 1000, errors: 8 }));
  assert.ok(found.odds > Math.log(10));
  assert.notEqual(found.verdict, 'fail');
});

test('a multiple counts from the stable arm of the same time', () => {
  const rule = parseRule('error-rate above 3x baseline and at least 1%') as ErrorRateRule;
  const stable = times(10, { requests: 1800, errors: 36 });
  assert.notEqual(judged(stable, times(10, { requests: 400, errors: 20 }), rule).verdict, 'fail');
  assert.equal(judged(stable, times(10, { requests: 400, errors: 40 }), rule).verdict, 'fail');
});

test('without traffic in either arm nothing is said, and why', () => {
  const some = times(3, { requests: 500, errors: 2 });
  assert.equal(judged([], some).reasonCode, 'no_stable_arm');
  assert.equal(judged(some, times(3, { requests: 2, errors: 1 })).reasonCode, 'too_little_traffic');
  assert.equal(judged(times(3, { requests: 0, errors: 0 }), some).reasonCode, 'no_stable_arm');
});

test('a healthy new arm with little of a loud interval passes in the end', () => {
  assert.equal(
    judged(times(30, { requests: 1800, errors: 4 }), times(30, { requests: 200, errors: 0 })).verdict,
    'pass',
  );
});
