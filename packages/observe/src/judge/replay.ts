import type { Rule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { SEEN_SHARE } from '../combine-sources.ts';
import { describeCollapse, findTrafficCollapse } from '../traffic-collapse.ts';
import { combineVerdicts, explain, type Judgement, openRule } from './judge.ts';
import { isBefore, isLast, type RuleJudge } from './judge-rule.ts';

/** What a watch would be told: rules and times in milliseconds. */
export interface ReplayPolicy {
  rules: readonly Rule[];
  windowMs: number;
  /** Of a recorded watch: when its window began, Unix seconds. Default: with the first bucket. */
  startedAt?: number;
  /** Of a recorded watch: how much of the window is its extension, because the source was blind. Default 0. */
  extendedMs?: number;
  intervalMs: number;
  minRequests: number;
  /** Of a recorded watch: the time before could not be read, which is not the same as none. Default false. */
  baselineUnread?: boolean;
}

/** What is known after one bucket. Rates are shares; `start` is that of the judged bucket, Unix seconds. */
export interface ReplayedVerdict {
  start: number;
  verdict: 'pass' | 'fail' | 'inconclusive' | 'no-data';
  reasonCode: string;
  /** What the verdict rests on: for most rules everything since the promotion. */
  requests: number;
  errors: number;
  rate: number;
  /** 95 % interval of `rate`. */
  lower: number;
  upper: number;
  rule: string;
  limit: number;
  /** `p95` for a rule about response times: median of the intervals and quartiles are in `p95`, `lower`, `upper`, in milliseconds. */
  p95?: number;
}

/** Replays the buckets of one release as the watch would have judged them. The first bucket added is the first after promotion. */
export class Replay {
  private readonly policy: ReplayPolicy;
  private readonly baseline: readonly Bucket[];
  private readonly buckets: Bucket[] = [];
  private judges: RuleJudge[] = [];
  /** When the window begins, when it ends without and with its extension, and how much of it was seen; Unix seconds and seconds. */
  private startedAt = 0;
  private neededUntil = 0;
  private until = 0;
  private seen = 0;
  private last: ReplayedVerdict | undefined;

  constructor(policy: ReplayPolicy, baseline: readonly Bucket[]) {
    this.policy = policy;
    this.baseline = baseline;
  }

  /** Adds a bucket, later than all before, and says what is known then. A failure is final; after the window nothing changes. */
  add(bucket: Bucket): ReplayedVerdict {
    if (this.judges.length === 0) this.open(bucket);
    if (this.last?.verdict === 'fail') return { ...this.last, start: bucket.start };
    if (this.last && !isBefore(this.until, bucket)) {
      // Nothing more comes of the window: what is missing at its end counts as missing, too.
      if (this.isBlind(this.until)) this.last = { ...this.last, verdict: 'no-data', reasonCode: 'source_blind' };
      return { ...this.last, start: bucket.start };
    }
    this.buckets.push(bucket);
    // What was counted before the window does not make up for what is missing in it.
    if (bucket.start >= this.startedAt - 1e-6) this.seen += bucket.end - bucket.start;
    for (const judge of this.judges) judge.add(bucket);
    this.last = this.describe(bucket, this.judgement());
    return this.last;
  }

  /** The newest verdict as a sentence; undefined before the first bucket. */
  sentence(): string | undefined {
    if (!this.last) return undefined;
    if (this.last.verdict === 'no-data') return 'more than a quarter of the intervals is missing: nothing can be said';
    const collapse = findTrafficCollapse(this.baseline, this.buckets);
    return collapse && this.last.reasonCode === 'traffic_collapsed'
      ? describeCollapse(collapse)
      : explain(this.judgement().decisive, this.buckets);
  }

  private open(first: Bucket): void {
    const { windowMs, intervalMs, extendedMs = 0, minRequests, baselineUnread = false } = this.policy;
    const intervalSeconds = Math.max(intervalMs / 1000, first.end - first.start);
    const planned = Math.max(1, Math.ceil(windowMs / 1000 / intervalSeconds - 1e-6));
    const extendedSeconds = extendedMs / 1000;
    this.startedAt = this.policy.startedAt ?? first.start;
    this.until = this.startedAt + planned * intervalSeconds;
    this.neededUntil = this.until - extendedSeconds;
    const { startedAt, baseline } = this;
    const early = Math.max(0, Math.round((startedAt - first.start) / intervalSeconds));
    const window = { startedAt, intervalSeconds, planned, early, extendedSeconds };
    this.judges = this.policy.rules.map((rule) => openRule(rule, { ...window, baseline, baselineUnread, minRequests }));
  }

  private judgement(): Judgement {
    return combineVerdicts(this.judges.map((judge) => judge.verdict()));
  }

  /** As in the watch: of a window of which more than a quarter was not seen, nobody can say that it was good. */
  private isBlind(now: number): boolean {
    return this.seen < (Math.min(now, this.neededUntil) - this.startedAt) * SEEN_SHARE - 1e-6;
  }

  private describe(bucket: Bucket, judgement: Judgement): ReplayedVerdict {
    const { requests, errors, value, bound, rule, limit, unit } = judgement.decisive;
    return {
      start: bucket.start,
      ...this.decide(bucket, judgement),
      requests,
      errors,
      rate: unit === 'share' ? value : errors / Math.max(1, requests),
      lower: bound.lower,
      upper: bound.upper,
      rule,
      limit,
      ...(unit === 'ms' && { p95: value }),
    };
  }

  private decide(newest: Bucket, { verdict, reasonCode }: Judgement): Pick<ReplayedVerdict, 'verdict' | 'reasonCode'> {
    if (verdict === 'fail') return { verdict, reasonCode };
    if (this.isBlind(newest.end)) return { verdict: 'no-data', reasonCode: 'source_blind' };
    // Few errors among the few requests that still arrive prove nothing; at its end the window says why.
    const concluded = verdict === 'pass' || isLast(this.until, newest);
    if (concluded && findTrafficCollapse(this.baseline, this.buckets))
      return { verdict: 'inconclusive', reasonCode: 'traffic_collapsed' };
    return { verdict, reasonCode };
  }
}
