import type { ReadingRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import type { GaugeOver } from '../gauge-over.ts';
import type { Reading } from '../reading.ts';
import { type JudgedWindow, type RuleJudge, type RuleVerdict, secondsOf, wordsOf } from './judge-rule.ts';

/**
 * Judges a rule about a number beside the counts. An issue that is new stays new: one reading is enough. A gauge goes up and down:
 * two readings in a row must be beyond the limit, and one that was there before the release did anything is not blamed on it, nor is
 * one that was there from the first reading on where nothing is known of the time before. What no source told is never a pass: a
 * person confirms it.
 */
export class ReadingJudge implements RuleJudge {
  private readonly rule: ReadingRule;
  private readonly readings: readonly Reading[];
  private requests = 0;
  private errors = 0;
  private readonly gauge: GaugeOver | undefined;
  private readonly firstEnds: number;
  private knownUntil = Number.POSITIVE_INFINITY;

  constructor(rule: ReadingRule, about: Omit<JudgedWindow, 'buckets'>) {
    this.rule = rule;
    this.gauge = about.gauges?.get(rule.metric);
    this.firstEnds = about.startedAt + about.intervalSeconds;
    const until = about.startedAt + secondsOf(rule, about) + about.intervalSeconds / 2;
    this.readings = (about.readings ?? []).filter(({ at }) => at <= until);
  }

  add({ requests, errors }: Bucket): void {
    this.requests += requests;
    this.errors += errors;
  }

  /** Of readings that are of one moment all are known, whenever it was. */
  readUntil(seconds: number): void {
    if (this.gauge !== undefined) this.knownUntil = seconds;
  }

  verdict(): RuleVerdict {
    const { rule, requests, errors } = this;
    const values = this.values();
    const value = values.at(-1) ?? 0;
    return {
      rule: rule.text,
      ...wordsOf(rule),
      metric: rule.metric,
      unit: rule.unit,
      ...this.decide(values),
      limit: rule.limit,
      value,
      requests,
      errors,
      bound: { lower: Math.min(value, ...values), upper: Math.max(value, ...values) },
    };
  }

  /** What the rule is about at each time, oldest first; the worst where several sources tell it at once. */
  private values(): number[] {
    const { metric, comparison, leastUsers } = this.rule;
    const counted = this.readings.filter((each) => each.metric === metric && each.at <= this.knownUntil);
    const byTime = new Map<number, number>();
    for (const { at, value: greatest, lowest } of counted) {
      const value = comparison === 'below' ? (lowest ?? greatest) : greatest;
      const own = leastUsers === undefined ? value : this.issuesOf(at, leastUsers);
      const known = byTime.get(at) ?? own;
      byTime.set(at, comparison === 'above' ? Math.max(known, own) : Math.min(known, own));
    }
    return [...byTime].sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  /** New issues at a time that so many users met. */
  private issuesOf(at: number, leastUsers: number): number {
    return this.readings.filter(
      (each) => each.metric === 'new-issue' && each.at === at && (each.users ?? 0) >= leastUsers,
    ).length;
  }

  /** Readings that are of one moment are taken right before the first interval, too. */
  private knowsBefore(): boolean {
    const { metric } = this.rule;
    return this.gauge?.before ?? this.readings.some((each) => each.metric === metric && each.at < this.firstEnds);
  }

  private decide(values: readonly number[]): Pick<RuleVerdict, 'verdict' | 'reasonCode'> {
    const { metric, comparison, limit } = this.rule;
    const [newest, before] = [values.at(-1), values.at(-2)];
    const beyond = (value: number | undefined): boolean =>
      value !== undefined && (comparison === 'above' ? value > limit : value < limit);
    if (newest === undefined) return { verdict: 'undecided', reasonCode: 'needs_confirmation' };
    if (!beyond(newest)) return { verdict: 'pass', reasonCode: 'below_limit' };
    if (metric === 'new-issues') return { verdict: 'fail', reasonCode: 'above_limit' };
    if (values.length > 1 && beyond(values[0]))
      return { verdict: 'undecided', reasonCode: this.knowsBefore() ? 'baseline_above_limit' : 'before_unknown' };
    return beyond(before)
      ? { verdict: 'fail', reasonCode: 'above_limit' }
      : { verdict: 'undecided', reasonCode: 'undecided' };
  }
}
