import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRule } from '#config/rules';
import { Random } from '../../test/random.ts';
import type { Bucket } from '../bucket.ts';
import { openRule } from './judge.ts';
import type { RuleVerdict } from './judge-rule.ts';

// The windows of the docs: limit 1 %, healthy 0.5 %, 30 intervals of baseline, 30 of 30 s watched, seeded.
const rule = parseRule('error-rate above 1% within 15m');

interface Scenario {
  /** False: nothing is known of the time before. */
  baseline?: false;
  /** Requests per interval, and correlation of the errors within one. */
  requests: number;
  rho: number;
  /** Error rate of the release. */
  rate: number;
  runs: number;
  /** First interval with that rate; before it the release is healthy. */
  from?: number;
}

/** Share of the windows that failed, the interval of each failure, and how many ended with a pass. */
function simulate({ requests, rho, rate, runs, from = 0, baseline: known }: Scenario): {
  failed: number;
  at: number[];
  passed: number;
} {
  const at: number[] = [];
  let passed = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = new Random(run * 7919 + Math.round(requests + rho * 1e5 + rate * 1e6));
    const bucket = (p: number, index: number): Bucket => {
      return { start: index * 30, end: index * 30 + 30, ...random.interval(requests, p, rho) };
    };
    const baseline = Array.from({ length: known === false ? 0 : 30 }, (_, index) => bucket(0.005, index - 30));
    const judge = openRule(rule, { baseline, startedAt: 0, intervalSeconds: 30, planned: 30, minRequests: 20 });
    let verdict: RuleVerdict['verdict'] = 'undecided';
    let seen = 0;
    for (; seen < 30 && verdict !== 'fail'; seen += 1) {
      judge.add(bucket(seen < from ? 0.005 : rate, seen));
      verdict = judge.verdict().verdict;
    }
    if (verdict === 'fail') at.push(seen);
    if (verdict === 'pass') passed += 1;
  }
  return { failed: (at.length / runs) * 100, at: at.sort((a, b) => a - b), passed: (passed / runs) * 100 };
}

const median = (values: number[]): number => values[values.length >> 1] ?? Number.POSITIVE_INFINITY;

// `npm run bench -- verdict` measures these with thousands of runs; the bars here leave room for the noise of a few hundred.
for (const [requests, rho, bar] of [
  [20, 0, 2],
  [20, 0.01, 3],
  [200, 0, 1],
  [200, 0.01, 2.5],
  [2000, 0, 0.5],
  [2000, 0.01, 2.5],
] as const) {
  test(`a healthy release at ${requests} requests per interval, ρ ${rho}, fails in at most ${bar} % of windows`, () => {
    const { failed } = simulate({ requests, rho, rate: 0.005, runs: 200 });
    assert.ok(failed <= bar, `${failed} %`);
  });
}

for (const [requests, rho, rate, least, latest] of [
  [20, 0, 0.03, 90, 10],
  [20, 0.01, 0.03, 88, 11],
  [20, 0, 0.1, 99, 3],
  [200, 0, 0.03, 99, 3],
  [200, 0.01, 0.03, 99, 4],
  [200, 0, 0.02, 98, 5],
  [2000, 0, 0.015, 99, 3],
  [2000, 0.01, 0.02, 98, 6],
] as const) {
  test(`${rate * 100} % errors at ${requests} requests, ρ ${rho}: caught in ${least} %, half of it by interval ${latest}`, () => {
    const { failed, at, passed } = simulate({ requests, rho, rate, runs: 120 });
    assert.ok(failed >= least, `caught ${failed} %`);
    assert.ok(median(at) <= latest, `median ${median(at)}`);
    assert.ok(passed <= 1, `wrongly passed ${passed} %`);
  });
}

test('a fault that starts in the middle is caught, because a pass is revocable until the end', () => {
  const { failed, at } = simulate({ requests: 200, rho: 0, rate: 0.03, runs: 100, from: 10 });
  assert.ok(failed >= 98, `${failed} %`);
  assert.ok(median(at) - 10 <= 8, `median ${median(at) - 10} after its start`);
});

for (const [requests, rho, bar] of [
  [20, 0.01, 4],
  [200, 0.01, 3],
] as const) {
  test(`without a baseline, at ${requests} requests: healthy fails in at most ${bar} %, 4 % errors are caught`, () => {
    const healthy = simulate({ requests, rho, rate: 0.005, runs: 200, baseline: false });
    assert.ok(healthy.failed <= bar, `${healthy.failed} %`);
    const faulty = simulate({ requests, rho, rate: 0.04, runs: 100, baseline: false });
    assert.ok(faulty.failed >= 95, `${faulty.failed} %`);
  });
}
