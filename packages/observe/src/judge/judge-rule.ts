import type { Rule } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import { type Evidence, weigh } from './hypotheses.ts';
import { worstSuffix } from './segment.ts';

/** What is known when a rule is judged. Pure data; times in Unix seconds. */
export interface JudgedWindow {
  baseline: readonly Bucket[];
  /** The buckets since `startedAt`, oldest first. */
  buckets: readonly Bucket[];
  startedAt: number;
  /** Length of a bucket in seconds, and how many the whole window has. */
  intervalSeconds: number;
  planned: number;
  /** Fewer requests than this decide nothing. */
  minRequests: number;
}

/** What one rule says about a window, with everything the sentence rests on. */
export interface RuleVerdict {
  rule: string;
  verdict: 'pass' | 'fail' | 'undecided';
  reasonCode: 'above_limit' | 'below_limit' | 'too_little_traffic' | 'undecided' | 'baseline_above_limit';
  /** Share that the rule forbids to exceed. */
  limit: number;
  /** Share that was measured; 0 without requests. */
  value: number;
  requests: number;
  errors: number;
  /** 95 % interval of `value` (Wilson; errors taken as independent). */
  bound: { lower: number; upper: number };
  /** Start of the part of the window in which the rate is worst, Unix seconds. */
  worstSince?: number;
  /** End of the first bucket whose own rate is above the limit, Unix seconds. */
  breachAt?: number;
  evidence: Evidence;
}

// At the end there is no later bucket that could tell more: a lower bar, as for a failure.
const PASS_ODDS = { early: Math.log(50), atTheEnd: Math.log(20) };
const FAIL_ODDS = { overSame: Math.log(20), atTheEnd: Math.log(7), overDrift: Math.log(3) };
const OVERWHELMING = { overSame: Math.log(50), overDrift: Math.log(5) };

/** Judges one rule after the newest bucket; a pass is revocable until the window closes, so callers act on it only then. */
export function judgeRule(rule: Rule, window: JudgedWindow): RuleVerdict {
  const { baseline, intervalSeconds, minRequests } = window;
  const within = rule.withinMs === undefined ? Number.POSITIVE_INFINITY : rule.withinMs / 1000;
  // Half a bucket of tolerance: clocks that tick in fractions must not drop the last one.
  const counts = (bucket: Bucket): boolean => bucket.start - window.startedAt < within - intervalSeconds / 2;
  const buckets = window.buckets.filter(counts);
  const planned = Math.max(buckets.length, Math.min(window.planned, Math.ceil(within / intervalSeconds)));
  const limit = limitOf(rule, baseline);
  const evidence = weigh(baseline, buckets, limit, planned);
  const segment = worstSuffix(buckets, evidence.reference);
  const total = totalOf(buckets);
  // "Immediately" speaks of what is happening now, "within" of everything since the promotion.
  const judged = rule.immediately && segment ? segment : total;
  const breach = buckets.find((bucket) => bucket.errors > limit * bucket.requests);
  const worst = segment && buckets[segment.from];
  const verdict = (word: RuleVerdict['verdict'], reasonCode: RuleVerdict['reasonCode']): RuleVerdict => ({
    rule: rule.text,
    verdict: word,
    reasonCode,
    limit,
    value: judged.requests === 0 ? 0 : judged.errors / judged.requests,
    requests: judged.requests,
    errors: judged.errors,
    bound: wilson(judged.requests, judged.errors),
    ...(worst && { worstSince: worst.start }),
    ...(breach && { breachAt: breach.end }),
    evidence,
  });

  if (total.requests < minRequests || total.requests === 0) return verdict('undecided', 'too_little_traffic');
  const baselineAbove = evidence.reference > limit;
  const isTrue = judged.errors > limit * judged.requests;
  const last = buckets.length >= planned;
  if (isTrue && segment && segment.errors >= 3 && !(baselineAbove && rule.immediately)) {
    const strong = evidence.faultOverSame >= (last ? FAIL_ODDS.atTheEnd : FAIL_ODDS.overSame);
    const distinct = segment.bucketsWithErrors >= 2 || (!baselineAbove && isOverwhelming(evidence));
    if (strong && distinct && evidence.faultOverDrift >= FAIL_ODDS.overDrift) return verdict('fail', 'above_limit');
  }
  const healthy = evidence.healthyOverLimit >= (last ? PASS_ODDS.atTheEnd : PASS_ODDS.early);
  if (buckets.length >= 2 && healthy && evidence.faultOverSame < 0) {
    return verdict('pass', 'below_limit');
  }
  return verdict('undecided', baselineAbove ? 'baseline_above_limit' : 'undecided');
}

function isOverwhelming(evidence: Evidence): boolean {
  return evidence.faultOverSame >= OVERWHELMING.overSame && evidence.faultOverDrift >= OVERWHELMING.overDrift;
}

/** The share that a rule means. A multiple counts from the baseline's rate, drawn towards half the floor where little is known. */
export function limitOf(rule: Rule, baseline: readonly Bucket[]): number {
  const { above } = rule;
  if (above.kind === 'share') return above.value;
  const { requests, errors } = totalOf(baseline);
  const rate = (errors + 3) / (requests + 3 / (0.5 * above.atLeast));
  return Math.min(0.6, Math.max(above.atLeast, above.factor * rate));
}

function wilson(n: number, e: number): { lower: number; upper: number } {
  if (n === 0) return { lower: 0, upper: 1 };
  const z = 1.96;
  const p = e / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return { lower: Math.max(0, (centre - spread) / scale), upper: Math.min(1, (centre + spread) / scale) };
}
