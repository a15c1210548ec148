import { parseRule } from '#config/rules';
import { logBetaBinomial } from '#observe/judge/beta-binomial';
import { openRule } from '#observe/judge/judge';
import { type Counts, normalDistribution, type Traffic } from './traffic.ts';

type Word = 'fail' | 'pass' | 'undecided';

/** A rule that judges one release interval by interval. */
export interface Contender {
  name: string;
  open(given: { baseline: Counts[]; limit: number; traffic: Traffic }): (counts: Counts) => Word;
}

/** The judge that ships, with its defaults: one rule, nothing tuned. */
export const shipped: Contender = judging(({ limit, window }) => `above ${percent(limit)} within ${window * 30}s`);

/** The same with a limit that is never to be passed, however short. */
export const shippedAtOnce: Contender = judging(({ limit }) => `above ${percent(limit)}: immediately`);

function judging(ruleOf: (given: { limit: number; window: number }) => string): Contender {
  return {
    name: 'ops-actions',
    open({ baseline, limit, traffic }) {
      const bucket = (counts: Counts, index: number) => ({ start: index * 30, end: index * 30 + 30, ...counts });
      const judge = openRule(parseRule(`error-rate ${ruleOf({ limit, window: traffic.window })}`), {
        baseline: baseline.map((counts, index) => bucket(counts, index - baseline.length)),
        startedAt: 0,
        intervalSeconds: 30,
        planned: traffic.window,
        minRequests: 20,
      });
      let index = 0;
      return (counts) => {
        judge.add(bucket(counts, index));
        index += 1;
        return judge.verdict().verdict;
      };
    },
  };
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(9))}%`;
}

const breaches = ({ requests, errors }: Counts, limit: number): boolean => errors > limit * requests;

/** Argo Rollouts' analysis: measurements above the limit are counted over the whole run; more than `failureLimit` fail it. */
export function argo(failureLimit: number, factor: number): Contender {
  return {
    name: `Argo Rollouts, failureLimit ${failureLimit}, at ${factor} x limit`,
    open({ limit }) {
      let failed = 0;
      return (counts) => {
        if (breaches(counts, limit * factor)) failed += 1;
        return failed > failureLimit ? 'fail' : 'undecided';
      };
    },
  };
}

/** Flagger: failed checks are counted, no good one resets them; at the threshold the next tick acts. */
export function flagger(threshold: number, factor: number): Contender {
  return {
    name: `Flagger, threshold ${threshold}, at ${factor} x limit`,
    open({ limit }) {
      let failed = 0;
      return (counts) => {
        if (failed >= threshold) return 'fail';
        if (breaches(counts, limit * factor)) failed += 1;
        return 'undecided';
      };
    },
  };
}

/** A CloudWatch alarm: m of the newest n data points are above the limit. */
export function cloudWatch(m: number, n: number, factor: number): Contender {
  return {
    name: `CloudWatch, ${m} of ${n}, at ${factor} x limit`,
    open({ limit }) {
      const last: boolean[] = [];
      return (counts) => {
        last.push(breaches(counts, limit * factor));
        if (last.length > n) last.shift();
        return last.filter(Boolean).length >= m ? 'fail' : 'undecided';
      };
    },
  };
}

/** Kayenta's judge: Mann-Whitney on the rates of the intervals, 98 %, asked after each; and the rate above the limit. */
export const kayenta: Contender = {
  name: 'Mann-Whitney as Kayenta, 98 %, each interval',
  open({ baseline, limit }) {
    const before = baseline.map(rateOf);
    const after: number[] = [];
    return (counts) => {
      after.push(rateOf(counts));
      const mean = after.reduce((sum, rate) => sum + rate, 0) / after.length;
      return mean > limit && mannWhitney(before, after) > 0.99 ? 'fail' : 'undecided';
    };
  },
};

/** Wald's test between the true rates, α 1 %, β 3 %: what nobody can know. With `clustered` the true ρ too. */
export function sequentialRatio(clustered: boolean): Contender {
  return {
    name: clustered ? 'bound: SPRT, true rates and true ρ' : 'bound: SPRT, true rates, independent errors',
    open({ traffic }) {
      const { healthy, rho } = traffic;
      const faulty = traffic.rate > healthy ? traffic.rate : 0.03;
      const s = 1 / Math.max(clustered ? rho : 0, 1e-7) - 1;
      let odds = 0;
      return ({ requests, errors }) => {
        odds += logBetaBinomial(requests, errors, faulty * s, (1 - faulty) * s);
        odds -= logBetaBinomial(requests, errors, healthy * s, (1 - healthy) * s);
        if (odds >= Math.log(0.97 / 0.01)) return 'fail';
        return odds <= Math.log(0.03 / 0.99) ? 'pass' : 'undecided';
      };
    },
  };
}

/** Settings of others to choose from by hand. */
export const families: readonly { name: string; settings: Contender[] }[] = [
  {
    name: 'Argo Rollouts, best setting for this cell',
    settings: [1, 2, 3].flatMap((factor) => [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15].map((limit) => argo(limit, factor))),
  },
  {
    name: 'Flagger, best setting for this cell',
    settings: [1, 2, 3].flatMap((factor) =>
      [1, 2, 3, 4, 5, 7, 9, 11, 14].map((threshold) => flagger(threshold, factor)),
    ),
  },
  {
    name: 'CloudWatch M of N, best setting for this cell',
    settings: [1, 2, 3].flatMap((factor) =>
      [3, 5, 7, 10, 15].flatMap((n) =>
        [2, 3, 4, 5, 6, 8, 10].filter((m) => m <= n).map((m) => cloudWatch(m, n, factor)),
      ),
    ),
  },
];

/** Settings as their documentation shows them. */
export const documented: readonly Contender[] = [argo(3, 1), flagger(5, 1), cloudWatch(3, 5, 1), kayenta];

function rateOf({ requests, errors }: Counts): number {
  return requests === 0 ? 0 : errors / requests;
}

/** Probability under the null that the ranks of `after` are lower than they are, by the normal approximation with ties. */
function mannWhitney(before: readonly number[], after: readonly number[]): number {
  let u = 0;
  for (const x of after) for (const y of before) u += x > y ? 1 : x === y ? 0.5 : 0;
  const [m, n] = [before.length, after.length];
  const counts = new Map<number, number>();
  for (const value of [...before, ...after]) counts.set(value, (counts.get(value) ?? 0) + 1);
  const total = m + n;
  let ties = 0;
  for (const count of counts.values()) ties += count ** 3 - count;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  return variance <= 0 ? 0 : normalDistribution((u - (m * n) / 2) / Math.sqrt(variance));
}
