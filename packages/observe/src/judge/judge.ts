import type { Rule } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import { type JudgedWindow, judgeRule, type RuleVerdict } from './judge-rule.ts';

/** What all rules together say about a window. */
export interface Judgement {
  verdict: 'pass' | 'fail' | 'inconclusive';
  reasonCode: RuleVerdict['reasonCode'];
  /** The rule that decides: the one that failed, or the first that is not satisfied. */
  decisive: RuleVerdict;
  rules: RuleVerdict[];
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
  const measured = `${percent(verdict.value)} (${verdict.errors} of ${verdict.requests} requests, 95 % interval ${percent(verdict.bound.lower)} to ${percent(verdict.bound.upper)})`;
  switch (verdict.reasonCode) {
    case 'above_limit':
      return `error rate ${measured} is above the limit of ${percent(verdict.limit)} in "${verdict.rule}"`;
    case 'below_limit':
      return `error rate ${measured} is below the limit of ${percent(verdict.limit)} in "${verdict.rule}"`;
    case 'too_little_traffic':
      return `too little traffic for a verdict: ${requests} requests, ${errors} of them failed, in ${buckets.length} intervals`;
    case 'baseline_above_limit':
      return `error rate ${measured}; the previous release was above the limit of ${percent(verdict.limit)} already ("${verdict.rule}")`;
    case 'undecided':
      return `error rate ${measured} is too close to the limit of ${percent(verdict.limit)} in "${verdict.rule}" for this much traffic`;
  }
}

/** A share as people read it. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/0$/, '')} %`;
}
