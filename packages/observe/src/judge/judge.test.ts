import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type ErrorRateRule, parseRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { lgamma, logBetaBinomial, logRising, logSumExp } from './beta-binomial.ts';
import { explain, judge, judgeRule, openRule } from './judge.ts';
import { type JudgedWindow, limitOf } from './judge-rule.ts';
import { worstSuffix } from './segment.ts';

type Counts = [requests: number, errors: number];

function bucketsOf(counts: readonly Counts[], from = 0): Bucket[] {
  return counts.map(([requests, errors], index) => {
    return { start: from + index * 30, end: from + index * 30 + 30, requests, errors };
  });
}

function window(counts: readonly Counts[], more: Partial<JudgedWindow> = {}): JudgedWindow {
  return {
    baseline: [],
    buckets: bucketsOf(counts),
    startedAt: 0,
    intervalSeconds: 30,
    planned: 30,
    minRequests: 20,
    ...more,
  };
}

const repeated = (counts: Counts, times: number): Counts[] => Array.from({ length: times }, () => counts);
function errorRate(text: string): ErrorRateRule {
  const rule = parseRule(text);
  assert.equal(rule.metric, 'error-rate');
  return rule as ErrorRateRule;
}
const two = parseRule('error-rate above 2% within 15m');
const ten = parseRule('error-rate above 10%: immediately');

test('lgamma agrees with factorials and with Γ(1/2)', () => {
  assert.ok(Math.abs(lgamma(11) - Math.log(3_628_800)) < 1e-10);
  assert.ok(Math.abs(lgamma(0.5) - Math.log(Math.sqrt(Math.PI))) < 1e-12);
  assert.ok(Math.abs(lgamma(1e6 + 1) - lgamma(1e6) - Math.log(1e6)) < 1e-6);
});

test('the beta-binomial sums to one and tends to the binomial as its size grows', () => {
  const choose = (n: number, e: number): number => lgamma(n + 1) - lgamma(e + 1) - lgamma(n - e + 1);
  const all = Array.from({ length: 31 }, (_, e) => choose(30, e) + logBetaBinomial(30, e, 1.68, 22.32));
  assert.ok(Math.abs(logSumExp(all)) < 1e-9);
  const binomial = 3 * Math.log(0.07) + 27 * Math.log(0.93);
  assert.ok(Math.abs(logBetaBinomial(30, 3, 7e5, 93e5) - binomial) < 1e-3);
  assert.equal(logRising(0.25, 3), Math.log(0.25 * 1.25 * 2.25));
  assert.ok(Math.abs(logRising(0.25, 40) - (lgamma(40.25) - lgamma(0.25))) < 1e-12);
});

test('the worst suffix is the part with the strongest excess', () => {
  assert.deepEqual(
    worstSuffix(
      bucketsOf([
        [100, 0],
        [100, 0],
        [100, 9],
        [100, 12],
      ]),
      0.02,
    ),
    {
      from: 2,
      requests: 200,
      errors: 21,
      bucketsAbove: 2,
    },
  );
  assert.equal(
    worstSuffix(
      bucketsOf([
        [100, 1],
        [100, 2],
      ]),
      0.02,
    ),
    undefined,
  );
});

// ARB-01: the presets' limits against four rates, 1,000 requests per interval of 30 s.
const never = parseRule('error-rate above 99%');
const cells: [preset: string, rule: typeof two, rate: number, fails: boolean][] = [
  ['000', two, 0.019, false],
  ['000', two, 0.099, true],
  ['000', two, 0.101, true],
  ['001', never, 0.101, false],
  ['003', ten, 0.099, false],
  ['004', ten, 0.019, false],
  ['003', ten, 0.15, true],
];
for (const [preset, rule, rate, fails] of cells) {
  test(`preset ${preset} at ${(rate * 100).toFixed(1)} %: ${fails ? 'fail' : 'no failure'}`, () => {
    const counts = repeated([1000, Math.round(rate * 1000)], 30);
    const verdicts = counts.map((_, index) => judgeRule(rule, window(counts.slice(0, index + 1))).verdict);
    assert.equal(verdicts.includes('fail'), fails, verdicts.join(' '));
  });
}

for (const [rule, limit, rate, requests, fails] of [
  [two, '2 %', 0.021, 20_000, true],
  [two, '2 %', 0.019, 1_000_000, false],
  [two, '2 %', 0.02, 1_000_000, false],
  [two, '2 %', 0.021, 200, false],
  [ten, '10 %', 0.101, 200_000, true],
  [ten, '10 %', 0.099, 1_000_000, false],
] as const) {
  for (const baseline of [[], bucketsOf(repeated([requests, requests / 200], 30), -900)]) {
    const before = baseline.length === 0 ? 'nothing known of the time before' : '0.5 % before';
    test(`${requests} requests per interval at ${rate * 100} % against ${limit}, ${before}: ${fails ? 'fail' : 'no failure'}`, () => {
      const judge = openRule(rule, window([], { baseline }));
      const verdicts = bucketsOf(repeated([requests, Math.round(requests * rate)], 30)).map((bucket) => {
        judge.add(bucket);
        return judge.verdict().verdict;
      });
      assert.equal(verdicts.includes('fail'), fails, verdicts.join(' '));
    });
  }
}

test('a breach in minute 16 is outside "within 15m"', () => {
  const counts = [...repeated([1000, 0], 31), ...repeated([1000, 500], 9)];
  assert.equal(judgeRule(two, window(counts, { planned: 40 })).verdict, 'pass');
});

test('fewer requests than asked for decide nothing, however bad they are', () => {
  const found = judgeRule(two, window([[19, 19]]));
  assert.deepEqual([found.verdict, found.reasonCode], ['undecided', 'too_little_traffic']);
});

test('a baseline above the limit is its own reason and never an immediate failure', () => {
  const baseline = bucketsOf(repeated([500, 60], 30), -900);
  const same = judgeRule(ten, window(repeated([500, 62], 10), { baseline }));
  assert.deepEqual([same.verdict, same.reasonCode], ['undecided', 'baseline_above_limit']);
  const worse = judgeRule(ten, window(repeated([500, 200], 3), { baseline }));
  assert.equal(worse.verdict, 'undecided');
  const within = judgeRule(parseRule('error-rate above 10% within 15m'), window(repeated([500, 300], 3), { baseline }));
  assert.equal(within.verdict, 'fail');
});

test('a multiple of the baseline has its floor, and a known baseline raises the limit', () => {
  const { above } = errorRate('error-rate above 3x baseline and at least 2% within 15m');
  assert.equal(limitOf(above, bucketsOf(repeated([1000, 1], 30))), 0.02);
  assert.ok(Math.abs(limitOf(above, bucketsOf(repeated([1000, 20], 30))) - 0.06) < 0.001);
  // What is written holds: neither a floor nor a multiple is cut to something lower.
  assert.ok(Math.abs(limitOf(above, bucketsOf(repeated([1000, 250], 30))) - 0.75) < 0.01);
  const high = errorRate('error-rate above 3x baseline and at least 70%');
  assert.equal(limitOf(high.above, bucketsOf(repeated([1000, 1], 30))), 0.7);
  const unknown = limitOf(above, []);
  assert.ok(unknown > 0.02 && unknown <= 0.03001, `${unknown}`);
});

for (const { limit, rate, requests } of [
  { limit: 2, rate: 2.1, requests: 10_000 },
  { limit: 2, rate: 2.01, requests: 1_000_000 },
  { limit: 1, rate: 1.01, requests: 1_000_000 },
  { limit: 10, rate: 10.01, requests: 100_000_000 },
]) {
  test(`${rate} % against ${limit} % fails with ${requests} requests in each interval (ARB-01)`, () => {
    const rule = parseRule(`error-rate above ${limit}% within 15m`);
    const at = (percent: number): Counts[] => repeated([requests, Math.round((requests * percent) / 100)], 30);
    const baseline = bucketsOf(at(rate / 2), -900);
    assert.equal(judgeRule(rule, window(at(rate), { baseline })).verdict, 'fail');
    assert.notEqual(judgeRule(rule, window(at(2 * limit - rate), { baseline })).verdict, 'fail');
  });
}

test('the bound holds the rate to its last digit, also of no errors and of nothing but errors', () => {
  for (let requests = 20; requests < 400; requests += 7) {
    for (const errors of [0, requests]) {
      const { bound, value } = judgeRule(two, window(repeated([requests, errors], 3)));
      assert.ok(
        bound.lower <= value && value <= bound.upper,
        `${errors} of ${requests}: ${bound.lower}, ${bound.upper}`,
      );
    }
  }
});

test('too little traffic is said of the time that the rule speaks of, whatever came later', () => {
  const counts: Counts[] = [[4, 1], [5, 0], ...repeated([500, 0], 10)];
  const short = parseRule('error-rate above 2% within 1m');
  const { buckets } = window(counts);
  assert.equal(
    explain(judgeRule(short, window(counts)), buckets),
    'too little traffic for a verdict: 9 requests, 1 of them failed, in the time of "error-rate above 2% within 1m"',
  );
  const few = window(counts.slice(0, 2));
  assert.match(explain(judgeRule(ten, few), few.buckets), /: 9 requests, 1 of them failed, in 2 intervals$/);
});

test('a cold start of one interval is no fault, a fault of half a minute is found in the next one', () => {
  const rule = parseRule('error-rate above 1% within 15m');
  const baseline = bucketsOf(
    Array.from({ length: 30 }, (_, index): Counts => [200, index % 4 === 3 ? 2 : index % 4 === 1 ? 0 : 1]),
    -900,
  );
  for (const errors of [8, 10]) {
    for (let seen = 1; seen <= 30; seen += 1) {
      const counts: Counts[] = [[200, errors], ...repeated([200, 1], seen - 1)];
      const { verdict } = judgeRule(rule, window(counts, { baseline }));
      assert.notEqual(verdict, 'fail', `${errors} errors, ${seen} intervals`);
    }
    assert.equal(judgeRule(rule, window(repeated([200, errors], 2), { baseline })).verdict, 'fail');
  }
});

test('the sentence carries value, limit, requests, bound and rule (trap 26)', () => {
  const counts = repeated([400, 40], 2);
  const judgement = judge([two, ten], window(counts));
  assert.equal(judgement.verdict, 'fail');
  assert.equal(judgement.decisive.breachAt, 30);
  assert.match(
    explain(judgement.decisive, bucketsOf(counts)),
    /^error rate 10\.0 % \(80 of 800 requests, 95 % interval 6\.28 % to 15\.6 %\) is above the limit of 2\.0 % in "error-rate above 2% within 15m"$/,
  );
});

test('no rule at all is a mistake, not a pass', () => {
  assert.throws(() => judge([], window([[1, 0]])), RangeError);
});

const anyWindow = fc.array(
  fc.integer({ min: 0, max: 400 }).chain((requests) => {
    return fc.tuple(fc.constant(requests), fc.integer({ min: 0, max: requests }));
  }),
  { minLength: 1, maxLength: 12 },
);

test('property: a failure always says something true, on enough requests and at least three errors', () => {
  fc.assert(
    fc.property(anyWindow, fc.constantFrom(two, ten), (counts, rule) => {
      const found = judgeRule(rule, window(counts, { planned: 12 }));
      if (found.verdict !== 'fail') return;
      assert.ok(found.errors > found.limit * found.requests);
      assert.ok(found.errors >= 3);
      assert.ok(counts.reduce((sum, [requests]) => sum + requests, 0) >= 20);
      assert.notEqual(found.breachAt, undefined);
    }),
    { seed: 20261, numRuns: 150 },
  );
});

test('property: without errors nothing fails, and the rate lies within its bound', () => {
  fc.assert(
    fc.property(anyWindow, (counts) => {
      const clean = counts.map(([requests]): Counts => [requests, 0]);
      assert.notEqual(judgeRule(two, window(clean, { planned: 12 })).verdict, 'fail');
      const { value, bound } = judgeRule(two, window(counts, { planned: 12 }));
      assert.ok(bound.lower <= value + 1e-9 && value <= bound.upper + 1e-9);
    }),
    { seed: 20262, numRuns: 100 },
  );
});

test('property: intervals without requests change no verdict but the waiting', () => {
  fc.assert(
    fc.property(anyWindow, (counts) => {
      const found = judgeRule(two, window(counts, { planned: 30 }));
      const padded = judgeRule(two, window([...counts, [0, 0]], { planned: 30 }));
      if (found.verdict === 'fail') assert.equal(padded.verdict, 'fail');
    }),
    { seed: 20263, numRuns: 100 },
  );
});
