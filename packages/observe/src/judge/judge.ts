import type { Rule, RuleAction } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import { LatencyJudge } from './judge-latency.ts';
import { ReadingJudge } from './judge-reading.ts';
import { ErrorRateJudge, type JudgedWindow, type RuleJudge, type RuleVerdict } from './judge-rule.ts';

/** What all rules together say about a window. */
export interface Judgement {
  verdict: 'pass' | 'fail' | 'inconclusive';
  reasonCode: RuleVerdict['reasonCode'];
  /** The rule that decides: the one that failed, or the first that is not satisfied. */
  decisive: RuleVerdict;
  rules: RuleVerdict[];
  /** What the broken rules do at most, the strongest of them; absent: what the mode says. */
  action?: RuleAction;
  /** True of a failure that no later breach of another rule could make stronger. */
  final: boolean;
  /** Broken rules that only warn. */
  warnings: RuleVerdict[];
}

/** Opens the judge of a rule. Add every bucket of the window in order; ask for the verdict whenever it is wanted. */
export function openRule(rule: Rule, about: Omit<JudgedWindow, 'buckets'>): RuleJudge {
  if (rule.metric === 'p95') return new LatencyJudge(rule, about);
  return rule.metric === 'error-rate' ? new ErrorRateJudge(rule, about) : new ReadingJudge(rule, about);
}

/** Judges one rule after the newest bucket; a pass is revocable until the window closes, so callers act on it only then. */
export function judgeRule(rule: Rule, window: JudgedWindow): RuleVerdict {
  const judge = openRule(rule, window);
  for (const bucket of window.buckets) judge.add(bucket);
  return judge.verdict();
}

/**
 * Judges every rule that is more than a warning: one failure fails, all must pass for a pass, anything else is inconclusive. Throws
 * RangeError without such a rule.
 */
export function judge(rules: readonly Rule[], window: JudgedWindow): Judgement {
  return combineVerdicts(rules.map((rule) => judgeRule(rule, window)));
}

/** What several rules say together; as `judge`. */
export function combineVerdicts(verdicts: RuleVerdict[]): Judgement {
  const critical = verdicts.filter(({ level }) => level !== 'warning');
  const failed = critical
    .filter((each) => each.verdict === 'fail')
    .toSorted((a, b) => strengthOf(b.action) - strengthOf(a.action))[0];
  const open = critical.find((each) => each.verdict === 'undecided');
  const decisive = failed ?? open ?? passedFor(critical);
  if (!decisive) throw new RangeError('There is no rule to judge by');
  const verdict = failed ? 'fail' : open ? 'inconclusive' : 'pass';
  const strongest = Math.max(...critical.map(({ action }) => strengthOf(action)));
  return {
    verdict,
    reasonCode: decisive.reasonCode,
    decisive,
    rules: verdicts,
    ...(failed?.action && { action: failed.action }),
    final: failed !== undefined && strengthOf(failed.action) === strongest,
    warnings: verdicts.filter(({ level, verdict: own }) => level === 'warning' && own === 'fail'),
  };
}

/** The passed rule that says most: one about the error rate, the strictest of them. */
function passedFor(verdicts: readonly RuleVerdict[]): RuleVerdict | undefined {
  const place = ({ metric }: RuleVerdict): number => (metric === 'error-rate' ? 0 : metric === 'p95' ? 1 : 2);
  return verdicts.toSorted((a, b) => place(a) - place(b) || a.limit - b.limit)[0];
}

function strengthOf(action: RuleAction | undefined): number {
  return ['notify', 'approve', 'auto'].indexOf(action ?? 'auto');
}

/** One sentence with value, limit, requests and bound (trap 26). */
export function explain(verdict: RuleVerdict, buckets: readonly Bucket[]): string {
  const { rule, metric, requests, errors } = verdict;
  const measured = measuredOf(verdict);
  const limit = measure(verdict.limit, verdict.unit);
  const counted = metric === 'error-rate' || metric === 'p95';
  switch (verdict.reasonCode) {
    case 'above_limit':
      return `${measured} is ${counted || verdict.value > verdict.limit ? 'above' : 'below'} the limit of ${limit} in "${rule}"`;
    case 'below_limit':
      return `${measured} ${counted ? 'is below' : 'keeps'} the limit of ${limit} in "${rule}"`;
    case 'too_little_traffic':
      return `too little traffic for a verdict: ${requests} requests, ${errors} of them failed, ${requests === totalOf(buckets).requests ? `in ${buckets.length} intervals` : `in the time of "${rule}"`}`;
    case 'baseline_above_limit':
      return `${measured}; the previous release was beyond the limit of ${limit} already ("${rule}")`;
    case 'baseline_unread':
      return `${measured} cannot be compared in "${rule}"`;
    case 'no_baseline':
      return `${measured} cannot be compared in "${rule}": too little is known of the response times before`;
    case 'before_unknown':
      return `${measured} is beyond the limit of ${limit} in "${rule}" from the first reading on, and nothing is known of the time before the release`;
    case 'no_response_times':
      return `the source tells no response times, or not of 20 requests in an interval: "${rule}" cannot be judged`;
    case 'needs_confirmation':
      return `no source of this watch tells ${metric}: a person must confirm "${rule}"`;
    case 'undecided':
      return counted
        ? `${measured} is too close to the limit of ${limit} in "${rule}" for this much traffic`
        : `${measured} is beyond the limit of ${limit} in "${rule}", but only once: two readings in a row decide`;
  }
}

function measuredOf({ metric, unit, value, bound, errors, requests }: RuleVerdict): string {
  const show = (each: number): string => measure(each, unit);
  const spread = `${show(bound.lower)} to ${show(bound.upper)}`;
  if (metric === 'error-rate')
    return `error rate ${show(value)} (${errors} of ${requests} requests, 95 % interval ${spread})`;
  if (metric === 'p95')
    return `p95 ${show(value)} (median of the intervals, half of them ${spread}, ${requests} requests)`;
  return `${metric} ${show(value)}`;
}

/** A measured value as people read it. */
export function measure(value: number, unit: RuleVerdict['unit']): string {
  if (unit === 'share') return percent(value);
  if (unit === 'count') return String(value);
  return value >= 10_000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`;
}

/** A share as people read it. */
export function percent(share: number): string {
  const value = share * 100;
  return `${value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/0$/, '')} %`;
}
