import { measure } from './judge/judge.ts';
import type { RuleVerdict } from './judge/judge-rule.ts';
import type { BrokenRule } from './watch-types.ts';

/** Which rules broke, in the order in which it happened: each is told once. */
export class BrokenRules {
  private readonly known = new Map<string, BrokenRule>();
  private readonly log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.log = log;
  }

  /** Notes what is broken at `at` (Unix seconds). */
  note(verdicts: readonly RuleVerdict[], at: number): void {
    for (const { rule, verdict, level = 'critical', action, value, limit, unit } of verdicts) {
      if (verdict !== 'fail' || this.known.has(rule)) continue;
      this.known.set(rule, { rule, level, ...(action && { action }), at, value, limit, unit });
      this.log(`Broken (${action ?? level}): "${rule}" at ${measure(value, unit)}`);
    }
  }

  list(): BrokenRule[] {
    return [...this.known.values()];
  }
}
