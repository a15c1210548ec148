import type { ReadingRule } from '#config/rules';
import type { Bucket } from '../bucket.ts';
import type { Reading } from '../reading.ts';
import { type JudgedWindow, type RuleJudge, type RuleVerdict, wordsOf } from './judge-rule.ts';

/**
 * Judges a rule about a number beside the counts. An issue that is new stays new: one reading is enough. A gauge goes up and down:
 * two readings in a row must be beyond the limit, and one that was there before the release did anything is not blamed on it. What
 * no source told is never a pass: a person confirms it.
 */
export class ReadingJudge implements RuleJudge {
  private readonly rule: ReadingRule;
  private readonly readings: readonly Reading[];
  private requests = 0;
  private errors = 0;

  constructor(rule: ReadingRule, about: Omit<JudgedWindow, 'buckets'>) {
    this.rule = rule;
    const until = about.startedAt + (rule.withinMs ?? Number.POSITIVE_INFINITY) / 1000 + about.intervalSeconds / 2;
    this.readings = (about.readings ?? []).filter(({ at }) => at <= until);
  }

  add({ requests, errors }: Bucket): void {
    this.requests += requests;
    this.errors += errors;
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
    const counted = this.readings.filter((each) => each.metric === metric);
    const byTime = new Map<number, number>();
    for (const { at, value } of counted) {
      const touched = this.readings.filter(
        (each) => each.metric === 'new-issue' && each.at === at && (each.users ?? 0) >= (leastUsers ?? 0),
      ).length;
      const own = leastUsers === undefined ? value : touched;
      const known = byTime.get(at) ?? own;
      byTime.set(at, comparison === 'above' ? Math.max(known, own) : Math.min(known, own));
    }
    return [...byTime].sort(([a], [b]) => a - b).map(([, value]) => value);
  }

  private decide(values: readonly number[]): Pick<RuleVerdict, 'verdict' | 'reasonCode'> {
    const { metric, comparison, limit } = this.rule;
    const [newest, before] = [values.at(-1), values.at(-2)];
    const beyond = (value: number | undefined): boolean =>
      value !== undefined && (comparison === 'above' ? value > limit : value < limit);
    if (newest === undefined) return { verdict: 'undecided', reasonCode: 'needs_confirmation' };
    if (!beyond(newest)) return { verdict: 'pass', reasonCode: 'below_limit' };
    if (metric === 'new-issues') return { verdict: 'fail', reasonCode: 'above_limit' };
    if (values.length > 1 && beyond(values[0])) return { verdict: 'undecided', reasonCode: 'baseline_above_limit' };
    return beyond(before)
      ? { verdict: 'fail', reasonCode: 'above_limit' }
      : { verdict: 'undecided', reasonCode: 'undecided' };
  }
}
