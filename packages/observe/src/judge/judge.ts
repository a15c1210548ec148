import type { Rule } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import { LatencyJudge } from './judge-latency.ts';
import { ErrorRateJudge, type JudgedWindow, type RuleJudge, type RuleVerdict } from './judge-rule.ts';

/** What all rules together say about a window. */
export interface Judgement {
  verdict: 'pass' | 'fail' | 'inconclusive';
  reasonCode: RuleVerdict['reasonCode'];
  /** The rule that decides: the one that failed, or the first that is not satisfied. */
  decisive: RuleVerdict;
  rules: RuleVerdict[];
}

/** Opens the judge of a rule. Add every bucket of the window in order; ask for the verdict whenever it is wanted. */
export function openRule(rule: Rule, about: Omit<JudgedWindow, 'buckets'>): RuleJudge {
  return rule.metric === 'p95' ? new LatencyJudge(rule, about) : new ErrorRateJudge(rule, about);
}

/** Judges one rule after the newest bucket; a pass is revocable until the window closes, so callers act on it only then. */
export function judgeRule(rule: Rule, window: JudgedWindow): RuleVerdict {
  const judge = openRule(rule, window);
  for (const bucket of window.buckets) judge.add(bucket);
  return judge.verdict();
}

/** Judges every rule: one failure fails, all must pass for a pass, anything else is inconclusive. Throws RangeError without rules. */
export function judge(rules: readonly Rule[], window: JudgedWindow): Judgement {
  return combineVerdicts(rules.map((rule) => judgeRule(rule, window)));
}

/** What several rules say together; as `judge`. */
export function combineVerdicts(verdicts: RuleVerdict[]): Judgement {
  const failed = verdicts.find((each) => each.verdict === 'fail');
  const open = verdicts.find((each) => each.verdict === 'undecided');
  const decisive = failed ?? open ?? verdicts.toSorted((a, b) => a.limit - b.limit)[0];
  if (!decisive) throw new RangeError('There is no rule to judge by');
  const verdict = failed ? 'fail' : open ? 'inconclusive' : 'pass';
  return { verdict, reasonCode: decisive.reasonCode, decisive, rules: verdicts };
}

/** One sentence with value, limit, requests and bound (trap 26). */
export function explain(verdict: RuleVerdict, buckets: readonly Bucket[]): string {
  const { requests, errors } = totalOf(buckets);
  const { unit, rule } = verdict;
  const show = (value: number): string => measure(value, unit);
  const spread = `${show(verdict.bound.lower)} to ${show(verdict.bound.upper)}`;
  const measured =
    unit === 'share'
      ? `error rate ${show(verdict.value)} (${verdict.errors} of ${verdict.requests} requests, 95 % interval ${spread})`
      : `p95 ${show(verdict.value)} (median of the intervals, half of them ${spread}, ${verdict.requests} requests)`;
  const limit = show(verdict.limit);
  switch (verdict.reasonCode) {
    case 'above_limit':
      return `${measured} is above the limit of ${limit} in "${rule}"`;
    case 'below_limit':
      return `${measured} is below the limit of ${limit} in "${rule}"`;
    case 'too_little_traffic':
      return `too little traffic for a verdict: ${requests} requests, ${errors} of them failed, in ${buckets.length} intervals`;
    case 'baseline_above_limit':
      return `${measured}; the previous release was above the limit of ${limit} already ("${rule}")`;
    case 'no_response_times':
      return `the source tells no response times, or not of 20 requests in an interval: "${rule}" cannot be judged`;
    case 'undecided':
      return `${measured} is too close to the limit of ${limit} in "${rule}" for this much traffic`;
  }
}

/** A measured value as people read it. */
export function measure(value: number, unit: RuleVerdict['unit']): string {
  if (unit === 'share') return percent(value);
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

/** A share as people read it. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/0$/, '')} %`;
}
