import type { MigrationPhase } from './classify-migrations.ts';
import type { ParsedStatement } from './sql-parser.ts';

export interface StatementFinding {
  /** UTF-16 offset of the offending clause. */
  offset: number;
  rule: string;
  severity: 'refuse' | 'hold' | 'warn';
  message: string;
  correction: string;
}

export interface StatementContext {
  sql: string;
  statement: ParsedStatement;
  /** False for relations that a pending file creates before this statement. */
  existing(key: string): boolean;
  /** True for relations that a later statement of this file creates again under the same name. */
  recreated(key: string): boolean;
  phase: MigrationPhase;
}

const laterRelease = 'code that is deployed now may still use it until the new deployment is promoted (trap 6)';

/** A statement that removes what old code needs: held before a promotion, a warning when run by hand. */
export function contract(
  context: StatementContext,
  offset: number,
  rule: string,
  what: string,
  correction?: string,
): StatementFinding {
  const severity = context.phase === 'expand' ? 'hold' : 'warn';
  const advice =
    'keep it in a migration file of its own, after all others; apply it with phase: contract in a later release, when nothing deployed uses it any more';
  return {
    offset,
    rule,
    severity,
    message: `${what}: ${laterRelease}; it waits for a later release`,
    correction: correction ?? advice,
  };
}
