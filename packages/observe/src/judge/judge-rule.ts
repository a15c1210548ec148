import { comparesWithBaseline, type ErrorRateRule, type Rule, type RuleAction, type RuleLimit } from '#config/rules';
import { type Bucket, totalOf } from '../bucket.ts';
import type { GaugeOver } from '../gauge-over.ts';
import type { Reading } from '../reading.ts';
import { type Evidence, EvidenceSum } from './evidence.ts';
import { type Segment, worstSuffix } from './segment.ts';

/** What is known when a rule is judged. Pure data; times in Unix seconds. */
export interface JudgedWindow {
  baseline: readonly Bucket[];
  /** True while the baseline could not be read: a rule that compares with it decides nothing. Default false: there is no more than that. */
  baselineUnread?: boolean;
  /** Oldest first; those from before `startedAt` are judged with the others. */
  buckets: readonly Bucket[];
  /** When the window began; the time that a rule speaks of counts from here. */
  startedAt: number;
  /** Length of a bucket in seconds, and how many the whole window has. */
  intervalSeconds: number;
  planned: number;
  /** How much longer every rule holds, in seconds, because the source was blind for that long; part of `planned`. Default 0. */
  extendedSeconds?: number;
  /** How many further buckets come from before `startedAt`; default 0. */
  early?: number;
  /** Fewer requests than this decide nothing. */
  minRequests: number;
  /** Numbers beside the counts, of all sources and times, the one before the release did anything first. */
  readings?: readonly Reading[];
  /** Gauges whose readings were asked for later and all at once: they come as the window goes on. */
  gauges?: ReadonlyMap<string, GaugeOver>;
}

/** What one rule says about a window, with everything the sentence rests on. */
export interface RuleVerdict {
  rule: string;
  /** What the rule speaks of. */
  metric: Rule['metric'];
  /** `warning`: a breach is told and never part of the verdict of all rules. */
  level?: 'warning';
  /** What a breach does at most; absent: what the mode says. */
  action?: RuleAction;
  verdict: 'pass' | 'fail' | 'undecided';
  reasonCode:
    | 'above_limit'
    | 'below_limit'
    | 'too_little_traffic'
    | 'undecided'
    | 'baseline_above_limit'
    | 'baseline_unread'
    | 'no_baseline'
    | 'before_unknown'
    | 'no_response_times'
    | 'needs_confirmation';
  /** Of `limit`, `value` and `bound`: a share (of the requests, where the rule is about them), milliseconds, or a number. */
  unit: 'share' | 'ms' | 'count';
  /** What the rule forbids to exceed. */
  limit: number;
  /** What was measured; 0 without requests. */
  value: number;
  requests: number;
  errors: number;
  /**
   * Of the error rate: 95 % interval of `value` (Wilson, widened by the clustering that the buckets show). Of p95: the quartiles. Of
   * a reading: the least and the largest one.
   */
  bound: { lower: number; upper: number };
  /** Start of the part of the window that is worst, Unix seconds. */
  worstSince?: number;
  /** End of the first bucket whose own rate is above the limit, Unix seconds. */
  breachAt?: number;
  /** Only of rules about the error rate. */
  evidence?: Evidence;
}

// Odds that a decision needs. At the end no later bucket could tell more: lower bars. Where only one bucket is above the limit by
// itself, which may be a cold start, it must be overwhelming.
const FAIL_ODDS = { overSame: Math.log(12), atTheEnd: Math.log(4), overDrift: Math.log(2.5) };
const OVERWHELMING = { overSame: Math.log(10_000), overDrift: Math.log(10) };
const PASS_ODDS = { early: Math.log(25), atTheEnd: Math.log(15) };
const LEAST_ERRORS = 3;
// Three times a third is all: of a share there is no more.
const HIGHEST_LIMIT = 0.99;

/** Judges one rule bucket by bucket. */
export interface RuleJudge {
  add(bucket: Bucket): void;
  /** From now on gauges are known until then, Unix seconds; never asked where they are read as they come. */
  readUntil?(seconds: number): void;
  verdict(): RuleVerdict;
}

/** How many seconds after the beginning of the window a rule still speaks of. */
export function secondsOf(
  { withinMs = Number.POSITIVE_INFINITY }: Rule,
  { extendedSeconds = 0 }: Pick<JudgedWindow, 'extendedSeconds'>,
): number {
  return withinMs / 1000 + extendedSeconds;
}

/** True where most of a bucket is from before that time, Unix seconds: clocks that tick in fractions must not drop the last one. */
export function isBefore(until: number, { start, end }: Pick<Bucket, 'start' | 'end'>): boolean {
  return (start + end) / 2 < until - 1e-6;
}

/** True where no further bucket as long as this one would be before that time. */
export function isLast(until: number, { start, end }: Pick<Bucket, 'start' | 'end'>): boolean {
  return !isBefore(until, { start: end, end: 2 * end - start });
}

/** The words of a rule that decide what its breach does. */
export function wordsOf({ level, action }: Pick<Rule, 'level' | 'action'>): Pick<RuleVerdict, 'level' | 'action'> {
  return { ...(level && { level }), ...(action && { action }) };
}

/** Judges a rule about the error rate. Add every bucket of the window in order; ask for the verdict whenever it is wanted. */
export class ErrorRateJudge implements RuleJudge {
  readonly limit: number;
  private readonly rule: ErrorRateRule;
  private readonly about: Omit<JudgedWindow, 'buckets'>;
  /** When the rule's time is over, and when the window is, if that is earlier; Unix seconds. */
  private readonly ruleUntil: number;
  private readonly until: number;
  private readonly sum: EvidenceSum;
  private readonly buckets: Bucket[] = [];
  private readonly total = { requests: 0, errors: 0 };
  private breachAt: number | undefined;

  constructor(rule: ErrorRateRule, about: Omit<JudgedWindow, 'buckets'>) {
    const { baseline, startedAt, intervalSeconds, planned, early = 0 } = about;
    const seconds = secondsOf(rule, about);
    this.rule = rule;
    this.about = about;
    this.ruleUntil = startedAt + seconds;
    this.until = startedAt + Math.min(planned * intervalSeconds, seconds);
    this.limit = limitOf(rule.above, baseline);
    this.sum = new EvidenceSum(baseline, this.limit, Math.min(planned, Math.ceil(seconds / intervalSeconds)) + early);
  }

  /** Adds the next bucket; one that begins after the rule's time is left out. */
  add(bucket: Bucket): void {
    if (!isBefore(this.ruleUntil, bucket)) return;
    this.buckets.push(bucket);
    this.total.requests += bucket.requests;
    this.total.errors += bucket.errors;
    if (this.breachAt === undefined && bucket.errors > this.limit * bucket.requests) this.breachAt = bucket.end;
    this.sum.add(bucket, (bucket.end - bucket.start) / this.about.intervalSeconds);
  }

  /** What is to be said after the newest bucket; a pass is revocable until the window closes. */
  verdict(): RuleVerdict {
    const { rule, buckets, total, limit, breachAt } = this;
    const evidence = this.sum.read();
    const segment = worstSuffix(buckets, evidence.reference);
    // "Immediately" speaks of what is happening now, "within" of everything since the promotion, and so does too little of both.
    const judged = rule.immediately && segment && this.isEnough() ? segment : total;
    const worst = segment && buckets[segment.from];
    return {
      rule: rule.text,
      ...wordsOf(rule),
      metric: rule.metric,
      unit: 'share',
      ...this.decide(evidence, segment, judged),
      limit,
      value: judged.requests === 0 ? 0 : judged.errors / judged.requests,
      requests: judged.requests,
      errors: judged.errors,
      bound: wilson(judged, this.sum.designEffect(total.requests / Math.max(1, buckets.length))),
      ...(worst && { worstSince: worst.start }),
      ...(breachAt !== undefined && { breachAt }),
      evidence,
    };
  }

  private decide(
    evidence: Evidence,
    segment: Segment | undefined,
    judged: { requests: number; errors: number },
  ): Pick<RuleVerdict, 'verdict' | 'reasonCode'> {
    const { limit, rule, buckets } = this;
    if (!this.isEnough()) {
      return { verdict: 'undecided', reasonCode: 'too_little_traffic' };
    }
    if (this.about.baselineUnread && comparesWithBaseline(rule)) {
      return { verdict: 'undecided', reasonCode: 'baseline_unread' };
    }
    const baselineAbove = evidence.reference > limit;
    const newest = buckets.at(-1);
    const last = newest !== undefined && isLast(this.until, newest);
    const isTrue = judged.errors > limit * judged.requests;
    if (isTrue && segment && segment.errors >= LEAST_ERRORS && !(baselineAbove && rule.immediately)) {
      const strong = evidence.faultOverSame >= (last ? FAIL_ODDS.atTheEnd : FAIL_ODDS.overSame);
      const distinct = segment.bucketsAbove >= 2 || (!baselineAbove && isOverwhelming(evidence));
      if (strong && distinct && evidence.faultOverDrift >= FAIL_ODDS.overDrift) {
        return { verdict: 'fail', reasonCode: 'above_limit' };
      }
    }
    const healthy = evidence.healthyOverLimit >= (last ? PASS_ODDS.atTheEnd : PASS_ODDS.early);
    if (buckets.length >= 2 && healthy && evidence.faultOverSame < 0) {
      return { verdict: 'pass', reasonCode: 'below_limit' };
    }
    return { verdict: 'undecided', reasonCode: baselineAbove ? 'baseline_above_limit' : 'undecided' };
  }

  private isEnough(): boolean {
    return this.total.requests >= Math.max(1, this.about.minRequests);
  }
}

function isOverwhelming(evidence: Evidence): boolean {
  return evidence.faultOverSame >= OVERWHELMING.overSame && evidence.faultOverDrift >= OVERWHELMING.overDrift;
}

/** The share that a rule means. A multiple counts from the baseline's rate, drawn towards half the floor where little is known. */
export function limitOf(above: RuleLimit, baseline: readonly Bucket[]): number {
  if (above.kind === 'share') return above.value;
  const { requests, errors } = totalOf(baseline);
  const rate = (errors + 3) / (requests + 3 / (0.5 * above.atLeast));
  return Math.min(HIGHEST_LIMIT, Math.max(above.atLeast, above.factor * rate));
}

/** Wilson's interval at 95 %, of the requests that count once clustering is taken off. */
function wilson(
  { requests, errors }: { requests: number; errors: number },
  designEffect: number,
): { lower: number; upper: number } {
  if (requests === 0) return { lower: 0, upper: 1 };
  const z = 1.96;
  const n = requests / designEffect;
  const p = errors / requests;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  // Of no errors, or nothing but errors, the bound is the rate itself, whatever the last digits say.
  return {
    lower: Math.max(0, Math.min(p, (centre - spread) / scale)),
    upper: Math.min(1, Math.max(p, (centre + spread) / scale)),
  };
}
