import type { MigrationPhase } from './classify-migrations.ts';
import type { MadeObject } from './made-objects.ts';
import type { AcceptableRule, MigrationRule } from './migration-rules.ts';
import type { UnreadCode } from './run-statement.ts';
import type { RelationName } from './sql-names.ts';
import type { ParsedStatement } from './sql-parser.ts';
import type { FactsOf } from './table-facts.ts';
import type { TableImpact } from './table-lock.ts';

export interface StatementFinding {
  /** UTF-16 offset of the offending clause. */
  offset: number;
  rule: MigrationRule;
  severity: 'refuse' | 'hold' | 'warn';
  message: string;
  correction: string;
  /** What it does to the table, where that is the trouble: a large table makes it worse. */
  impact?: TableImpact;
  /** What it means for code that was written before it, in whatever phase it is judged. */
  olderCode?: OlderCode;
  /** Names that code may know and that are gone afterwards. */
  removes?: readonly RemovedName[];
}

/** `needs`: what the statement takes away, so that it can wait for a later release; `breaks`: waiting would not help. */
export type OlderCode = 'needs' | 'breaks';

/** A name of the database without its schema, as code writes it. */
export interface RemovedName {
  name: string;
  /** The table of a column: code that does not name it may mean another column. */
  table?: string;
}

export interface StatementContext {
  sql: string;
  statement: ParsedStatement;
  /** False for what a pending file makes before this statement; keys as in `MadeObject`. */
  existing(kind: MadeObject['kind'], key: string): boolean;
  /** True for what a pending file makes or replaces before this statement. */
  madeBefore(kind: MadeObject['kind'], key: string): boolean;
  /** True where a later statement of this file makes such an object. */
  remade(such: (made: MadeObject) => boolean): boolean;
  /** What counts as remade does so for certain, and what is made under a condition would change what is found. */
  remadePerhaps: boolean;
  /** Of code that the statement runs. */
  unread?: UnreadCode;
  phase: MigrationPhase;
  /** What the live database says; nothing where none was asked. */
  facts: FactsOf;
  /** True where an earlier pending statement has proven that a column holds no NULL. */
  provenNotNull(table: RelationName, column: string): boolean;
}

/** A finding that people are told of and that stops nothing by itself. */
export function warning(
  offset: number,
  rule: AcceptableRule,
  message: string,
  correction: string,
  impact?: TableImpact,
): StatementFinding {
  return { offset, rule, severity: 'warn', message, correction, ...(impact === undefined ? {} : { impact }) };
}

const laterRelease = 'code that is deployed now may still use it until the new deployment is promoted (trap 6)';

/** A statement that removes what old code needs: held before a promotion, a warning when run by hand. */
export function contract(
  context: StatementContext,
  offset: number,
  rule: AcceptableRule,
  what: string,
  more: { correction?: string; removes?: readonly RemovedName[] } = {},
): StatementFinding {
  if (context.remadePerhaps) {
    const message = `${what}: a later statement of the file makes it again, but only under a condition, and nobody knows here whether that holds`;
    return warning(offset, rule, message, 'make it again outside of the condition, or drop it inside');
  }
  const severity = context.phase === 'expand' ? 'hold' : 'warn';
  const advice =
    'keep it in a migration file of its own, after all others; apply it with phase: contract in a later release, when nothing deployed uses it any more';
  return {
    offset,
    rule,
    severity,
    message: `${what}: ${laterRelease}; it waits for a later release`,
    correction: more.correction ?? advice,
    olderCode: 'needs',
    ...(more.removes === undefined ? {} : { removes: more.removes }),
  };
}
