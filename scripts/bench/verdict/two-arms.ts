import { type ErrorRateRule, parseRule } from '#config/rules';
import type { Bucket } from '#observe/bucket';
import { judgeTwoArms } from '#observe/judge/judge-two-arms';
import { Random } from '../../../packages/observe/test/random.ts';
import { quantile } from './measure.ts';

const rule = parseRule('error-rate above 1% within 15m') as ErrorRateRule;
const [planned, seconds, healthy] = [30, 30, 0.005];

/** Two arms that serve at the same time: mean requests of an interval of each, and where bursts hit. */
interface Arms {
  stable: number;
  canary: number;
  rho: number;
  /** Bursts hit both arms alike; else each arm has its own. */
  together: boolean;
  /** Rate of both arms from outside; the new one has `times` as much. */
  outside: number;
  times: number;
}

/** Share that fails, and the median interval of those that do, over seeded runs. */
function measureArms(arms: Arms, runs: number, seed: number): { failed: number; median: number } {
  const failedAt: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const at = failsAt(arms, new Random(Math.imul(seed, 1_000_003) + Math.imul(run, 7919)));
    if (at !== undefined) failedAt.push(at);
  }
  return { failed: failedAt.length / runs, median: quantile(failedAt, 0.5) };
}

function failsAt({ stable, canary, rho, together, outside, times }: Arms, random: Random): number | undefined {
  const about = { startedAt: 0, intervalSeconds: seconds, planned, minRequests: 20 };
  const [one, other]: [Bucket[], Bucket[]] = [[], []];
  for (let index = 0; index < planned; index += 1) {
    const place = { start: index * seconds, end: (index + 1) * seconds };
    // A burst that hits both: the rate of the interval is drawn once.
    const drawn = together && rho > 0 ? random.interval(2000, outside, rho).errors / 2000 : outside;
    const rate = Math.max(1e-4, drawn);
    const own = together ? 0 : rho;
    one.push({ ...place, ...random.interval(stable, rate, own) });
    other.push({ ...place, ...random.interval(canary, Math.min(0.6, rate * times), own) });
    if (index % 2 === 0) continue;
    if (judgeTwoArms(rule, { ...about, stable: one, canary: other }).verdict === 'fail') return index + 1;
  }
  return undefined;
}

/** The judge of a rolling release beside the judge of one arm: printed, no gate. */
export function twoArmsTable(runs: number, seed: number): void {
  // Each look begins anew, so it looks every second interval, and runs are fewer than of one arm.
  const [many, few] = [Math.max(100, Math.round(runs / 20)), Math.max(50, Math.round(runs / 40))];
  console.log(
    `\n| two arms (${many} healthy, ${few} faulty each, no gate): requests of stable and new arm, ρ | false rollbacks % | 3 % in the new arm: caught %, median | both rise to 1 % from outside: false rollbacks % |\n|---|---|---|---|`,
  );
  for (const [stable, canary] of [
    [180, 20],
    [900, 100],
    [1000, 1000],
  ] as const) {
    for (const [rho, together] of [
      [0, true],
      [0.01, true],
      [0.01, false],
    ] as const) {
      const arms = { stable, canary, rho, together, outside: healthy, times: 1 };
      const calm = measureArms(arms, many, seed);
      const sick = measureArms({ ...arms, times: 6 }, few, seed);
      const drift = measureArms({ ...arms, outside: 0.01 }, few, seed);
      const bursts = rho === 0 ? '' : together ? ', bursts hit both' : ', each its own bursts';
      const share = (value: number) => String(Number((value * 100).toFixed(2)));
      console.log(
        `| ${stable} and ${canary}, ρ ${rho}${bursts} | ${share(calm.failed)} | ${share(sick.failed)}, ${sick.median} | ${share(drift.failed)} |`,
      );
    }
  }
}
