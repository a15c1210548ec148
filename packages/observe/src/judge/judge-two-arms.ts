import type { ErrorRateRule } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import { logAdd, logBetaBinomial, logSumExp } from './beta-binomial.ts';
import { ErrorRateJudge, type JudgedWindow, type RuleVerdict } from './judge-rule.ts';

/** What both arms of a rolling release counted, interval by interval, at the same time. */
export interface TwoArms extends Omit<JudgedWindow, 'baseline' | 'buckets'> {
  /** What the previous deployment served. */
  stable: readonly Bucket[];
  /** What the new one served. */
  canary: readonly Bucket[];
}

/** The verdict about the new arm, and what it was compared with. */
export interface TwoArmsVerdict extends Omit<RuleVerdict, 'reasonCode' | 'evidence'> {
  reasonCode: RuleVerdict['reasonCode'] | 'no_stable_arm';
  stable: { requests: number; errors: number };
  /** Natural logarithm of the odds "the new arm fails more often" against "both fail alike". */
  odds: number;
}

// How many times as often the new arm fails as the stable one beside it, and the weight of that.
const RATIOS: readonly (readonly [ratio: number, weight: number])[] = [
  [1.25, 0.08],
  [1.6, 0.14],
  [2, 0.16],
  [2.8, 0.18],
  [4, 0.16],
  [6, 0.12],
  [9, 0.08],
  [14, 0.05],
  [25, 0.03],
];
// Bursts that hit one arm alone, as a correlation between two failures of one interval; bursts that hit both cancel out.
const CLUSTERS: readonly (readonly [rho: number, weight: number])[] = [
  [1e-6, 0.4],
  [0.02, 0.25],
  [0.08, 0.2],
  [0.25, 0.15],
];
const FAIL_ODDS = Math.log(10);

/**
 * Judges a rule about the error rate by two arms that serve at the same time. `fail` needs both: the judge of one arm fails the new
 * one with the stable arm of the same time as its baseline (so the rule's sentence is true, and bursts of one arm alone are weighed), and
 * the two-sample count test says so as well: of the failures of one interval, every one falls to the new arm with its share of the
 * requests where both arms are alike, whatever the rate of that interval is. What rises outside, swells and bursts that hit both
 * cancel out there. A multiple of the baseline counts from the stable arm's rate. A `pass` is revocable. Pure.
 */
export function judgeTwoArms(rule: ErrorRateRule, arms: TwoArms): TwoArmsVerdict {
  const { stable, canary, ...about } = arms;
  const until = arms.startedAt + (rule.withinMs ?? Number.POSITIVE_INFINITY) / 1000 - arms.intervalSeconds / 2;
  const [before, now] = [stable, canary].map((arm) => arm.filter(({ start }) => start < until)) as [Bucket[], Bucket[]];
  const single = new ErrorRateJudge(rule, { ...about, baseline: before });
  for (const bucket of now) single.add(bucket);
  const { evidence: _, reasonCode, ...alone } = single.verdict();
  const odds = compareArms(before, now);
  const shown = { ...alone, stable: totalOf(before), odds };
  if (reasonCode === 'too_little_traffic') return { ...shown, verdict: 'undecided', reasonCode };
  if (shown.stable.requests < Math.max(1, about.minRequests))
    return { ...shown, verdict: 'undecided', reasonCode: 'no_stable_arm' };
  if (alone.verdict === 'fail' && odds >= FAIL_ODDS) return { ...shown, reasonCode };
  if (alone.verdict === 'pass' && odds < 0) return { ...shown, verdict: 'pass', reasonCode: 'below_limit' };
  return { ...shown, verdict: 'undecided', reasonCode: 'undecided' };
}

/** The odds over all intervals in which both arms served. */
function compareArms(stable: readonly Bucket[], canary: readonly Bucket[]): number {
  const beside = new Map(stable.map((bucket) => [bucket.start, bucket]));
  const same = CLUSTERS.map(([, weight]) => Math.log(weight));
  const worse = CLUSTERS.map(([, weight]) => RATIOS.map(([, ratio]) => Math.log(weight * ratio)));
  for (const bucket of canary) {
    const other = beside.get(bucket.start);
    if (!other || bucket.requests === 0 || other.requests === 0) continue;
    const failures = bucket.errors + other.errors;
    const share = bucket.requests / (bucket.requests + other.requests);
    CLUSTERS.forEach(([rho], row) => {
      const size = 1 / rho - 1;
      const given = (q: number): number => logBetaBinomial(failures, bucket.errors, q * size, (1 - q) * size);
      same[row] = (same[row] ?? 0) + given(share);
      RATIOS.forEach(([ratio], index) => {
        const cells = worse[row] as number[];
        cells[index] = (cells[index] ?? 0) + given((share * ratio) / (1 - share + share * ratio));
      });
    });
  }
  const found = worse.map((cells) => logSumExp(cells)).reduce(logAdd);
  return found - logSumExp(same);
}
