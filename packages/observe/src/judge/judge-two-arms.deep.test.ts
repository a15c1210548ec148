import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorRateRule, parseRule } from '#config/rules';
import { Random } from '../../test/random.ts';
import type { Bucket } from '../bucket.ts';
import { judgeTwoArms } from './judge-two-arms.ts';

const one = parseRule('error-rate above 1% within 15m') as ErrorRateRule;
const about = { startedAt: 0, intervalSeconds: 30, planned: 30, minRequests: 20 };

/** Share of seeded windows that fail, in per cent; bursts of ρ hit both arms together or each alone. */
function simulated(given: { stable: number; canary: number; rho: number; together: boolean; rate: number }): number {
  const [runs, planned, healthy] = [100, 30, 0.005];
  let failed = 0;
  for (let run = 0; run < runs; run += 1) {
    const random = new Random(run * 7919 + Math.round(given.canary + given.rho * 1e5 + given.rate * 1e6));
    const [stable, canary]: [Bucket[], Bucket[]] = [[], []];
    const place = (index: number) => ({ start: index * 30, end: index * 30 + 30 });
    for (let index = 0; index < planned; index += 1) {
      // A burst that hits both: the rate of the interval is drawn once.
      const own = given.together ? random.interval(2000, healthy, given.rho).errors / 2000 : healthy;
      const rho = given.together ? 0 : given.rho;
      stable.push({ ...place(index), ...random.interval(given.stable, Math.max(1e-4, own), rho) });
      const rate = Math.min(0.6, Math.max(1e-4, own) * (given.rate / healthy));
      canary.push({ ...place(index), ...random.interval(given.canary, rate, rho) });
    }
    for (let seen = 2; seen <= planned; seen += 2) {
      const arms = { ...about, stable: stable.slice(0, seen), canary: canary.slice(0, seen) };
      if (judgeTwoArms(one, arms).verdict !== 'fail') continue;
      failed += 1;
      break;
    }
  }
  return (failed / runs) * 100;
}

for (const { stable, canary, rho, together } of [
  { stable: 900, canary: 100, rho: 0, together: true },
  { stable: 900, canary: 100, rho: 0.01, together: true },
  { stable: 900, canary: 100, rho: 0.01, together: false },
  { stable: 200, canary: 200, rho: 0.01, together: true },
]) {
  test(`${canary} beside ${stable} requests, ρ ${rho} ${together ? 'together' : 'each'}: healthy fails in at most 2 %, 3 % are caught`, () => {
    const healthy = simulated({ stable, canary, rho, together, rate: 0.005 });
    assert.ok(healthy <= 2, `${healthy} %`);
    const faulty = simulated({ stable, canary, rho, together, rate: 0.03 });
    assert.ok(faulty >= 95, `${faulty} %`);
  });
}
