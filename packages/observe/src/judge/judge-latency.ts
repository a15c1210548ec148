import { comparesWithBaseline, type LatencyRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { isBefore, type JudgedWindow, type RuleJudge, type RuleVerdict, secondsOf, wordsOf } from './judge-rule.ts';

// The 95th percentile of fewer requests than these is hardly more than the slowest one.
const LEAST_REQUESTS = 20;
// The median of fewer intervals is no measure of what is usual, and half a guess of it would be no better than none.
export const LEAST_BASELINE = 5;
// A fault keeps four of five intervals above the limit; a healthy release about one of twenty, worth ten intervals, until the
// baseline says otherwise.
const FAULTY_SHARE = 0.8;
const HEALTHY_SHARE = 0.05;
const HEALTHY_WORTH = 10;
// Three intervals in a row, or four of five: a healthy release with one slow interval in twenty gets there in about 1 % of windows.
const FAIL_ODDS = Math.log(1000);
const PASS_ODDS = Math.log(25);

type Timed = Bucket & { p95: number };

/**
 * Judges a rule about the 95th percentile. Every interval is above the limit or not; counted are intervals, not requests, for
 * percentiles cannot be summed.
 */
export class LatencyJudge implements RuleJudge {
  private readonly rule: LatencyRule;
  private readonly about: Omit<JudgedWindow, 'buckets'>;
  private readonly limit: number;
  private readonly healthy: number;
  private readonly baselineAbove: boolean;
  private readonly comparable: boolean;
  private readonly timed: Timed[] = [];
  private errors = 0;
  private requests = 0;
  private added = 0;
  /** Odds for a fault since `from`, and against a fault since the beginning. */
  private odds = 0;
  private from = 0;
  private passOdds = 0;
  private breachAt: number | undefined;

  constructor(rule: LatencyRule, about: Omit<JudgedWindow, 'buckets'>) {
    this.rule = rule;
    this.about = about;
    const before = about.baseline.filter(isTimed);
    const { above } = rule;
    this.comparable = before.length >= LEAST_BASELINE;
    this.limit = above.kind === 'time' ? above.ms : Math.max(above.atLeast, above.factor * quartiles(before)[1]);
    const slow = before.filter((bucket) => bucket.p95 > this.limit).length;
    const share = (slow + HEALTHY_SHARE * HEALTHY_WORTH) / (before.length + HEALTHY_WORTH);
    this.baselineAbove = share > 0.5;
    this.healthy = Math.min(0.5, share);
  }

  add(bucket: Bucket): void {
    if (!isBefore(this.about.startedAt + secondsOf(this.rule, this.about), bucket)) return;
    this.added += 1;
    this.requests += bucket.requests;
    this.errors += bucket.errors;
    if (!isTimed(bucket)) return;
    const slow = bucket.p95 > this.limit;
    if (this.odds === 0) this.from = this.timed.length;
    this.timed.push(bucket);
    this.breachAt ??= slow ? bucket.end : undefined;
    const step = slow ? Math.log(FAULTY_SHARE / this.healthy) : Math.log((1 - FAULTY_SHARE) / (1 - this.healthy));
    this.odds = Math.max(0, this.odds + step);
    this.passOdds += slow ? Math.log(this.healthy / 0.5) : Math.log((1 - this.healthy) / 0.5);
  }

  verdict(): RuleVerdict {
    const { limit, requests, errors, breachAt, timed, odds } = this;
    const segment = odds > 0 ? timed.slice(this.from) : timed;
    const [lower, value, upper] = quartiles(segment);
    return {
      rule: this.rule.text,
      ...wordsOf(this.rule),
      metric: 'p95',
      unit: 'ms',
      ...this.decide(value),
      limit,
      value,
      requests,
      errors,
      bound: { lower, upper },
      ...(odds > 0 && segment[0] && { worstSince: segment[0].start }),
      ...(breachAt !== undefined && { breachAt }),
    };
  }

  private decide(value: number): Pick<RuleVerdict, 'verdict' | 'reasonCode'> {
    if (this.requests < Math.max(1, this.about.minRequests)) {
      return { verdict: 'undecided', reasonCode: 'too_little_traffic' };
    }
    if (this.timed.length === 0) return { verdict: 'undecided', reasonCode: 'no_response_times' };
    if (comparesWithBaseline(this.rule)) {
      if (this.about.baselineUnread) return { verdict: 'undecided', reasonCode: 'baseline_unread' };
      if (!this.comparable) return { verdict: 'undecided', reasonCode: 'no_baseline' };
    }
    if (this.baselineAbove) return { verdict: 'undecided', reasonCode: 'baseline_above_limit' };
    if (this.odds >= FAIL_ODDS && value > this.limit) return { verdict: 'fail', reasonCode: 'above_limit' };
    const seen = this.timed.length >= this.added / 2;
    if (seen && this.passOdds >= PASS_ODDS && this.odds < 1) return { verdict: 'pass', reasonCode: 'below_limit' };
    return { verdict: 'undecided', reasonCode: 'undecided' };
  }
}

function isTimed(bucket: Bucket): bucket is Timed {
  return bucket.p95 !== undefined && bucket.requests >= LEAST_REQUESTS;
}

/** First quartile, median and third quartile of the intervals' percentiles; zeros of none. */
function quartiles(buckets: readonly Timed[]): [number, number, number] {
  const sorted = buckets.map(({ p95 }) => p95).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return [at(0.25), at(0.5), at(0.75)];
}
