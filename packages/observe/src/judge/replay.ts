import type { Rule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import { combineVerdicts, explain, type Judgement, openRule } from './judge.ts';
import type { RuleJudge } from './judge-rule.ts';

/** What a watch would be told: rules and times in milliseconds. */
export interface ReplayPolicy {
  rules: readonly Rule[];
  windowMs: number;
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

// As in the watch: of a window of which more than a quarter was not seen, nobody can say that it was good.
const SEEN_SHARE = 0.75;

/** Replays the buckets of one release as the watch would have judged them. The first bucket added is the first after promotion. */
export class Replay {
  private readonly policy: ReplayPolicy;
  private readonly baseline: readonly Bucket[];
  private readonly buckets: Bucket[] = [];
  private judges: RuleJudge[] = [];
  private startedAt = 0;
  private intervalSeconds = 0;
  private last: ReplayedVerdict | undefined;

  constructor(policy: ReplayPolicy, baseline: readonly Bucket[]) {
    this.policy = policy;
    this.baseline = baseline;
  }

  /** Adds a bucket, later than all before, and says what is known then. A failure is final; after the window nothing changes. */
  add(bucket: Bucket): ReplayedVerdict {
    if (this.judges.length === 0) this.open(bucket);
    const over = bucket.start - this.startedAt >= this.policy.windowMs / 1000 - this.intervalSeconds / 2;
    if (this.last && (this.last.verdict === 'fail' || over)) return { ...this.last, start: bucket.start };
    this.buckets.push(bucket);
    for (const judge of this.judges) judge.add(bucket);
    const judgement = combineVerdicts(this.judges.map((judge) => judge.verdict()));
    this.last = this.describe(bucket, judgement);
    return this.last;
  }

  /** The newest verdict as a sentence; undefined before the first bucket. */
  sentence(): string | undefined {
    if (!this.last) return undefined;
    if (this.last.verdict === 'no-data') return 'more than a quarter of the intervals is missing: nothing can be said';
    return explain(combineVerdicts(this.judges.map((judge) => judge.verdict())).decisive, this.buckets);
  }

  private open(first: Bucket): void {
    this.startedAt = first.start;
    this.intervalSeconds = Math.max(this.policy.intervalMs / 1000, first.end - first.start);
    const planned = Math.max(1, Math.ceil(this.policy.windowMs / 1000 / this.intervalSeconds - 1e-6));
    const { startedAt, intervalSeconds, baseline } = this;
    const { minRequests, baselineUnread = false } = this.policy;
    this.judges = this.policy.rules.map((rule) =>
      openRule(rule, { baseline, baselineUnread, startedAt, intervalSeconds, planned, minRequests }),
    );
  }

  private describe(bucket: Bucket, { verdict, reasonCode, decisive }: Judgement): ReplayedVerdict {
    const elapsed = Math.round((bucket.end - this.startedAt) / this.intervalSeconds);
    const blind = verdict !== 'fail' && this.buckets.length < elapsed * SEEN_SHARE;
    const { requests, errors, value, bound, rule, limit, unit } = decisive;
    return {
      start: bucket.start,
      verdict: blind ? 'no-data' : verdict,
      reasonCode: blind ? 'source_blind' : reasonCode,
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
}
