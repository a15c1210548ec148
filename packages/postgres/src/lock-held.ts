import { estimateSeconds } from './judge-size.ts';
import { type LongWork, longWork } from './long-work.ts';
import type { MigrationFile } from './read-migrations.ts';
import { qualified, type RelationName, relationKey } from './sql-names.ts';
import { lineAndColumn, type ParsedStatement } from './sql-parser.ts';
import { type StatementContext, type StatementFinding, warning } from './statement-finding.ts';
import { statementImpact } from './statement-impact.ts';
import { standsAlone } from './statement-kinds.ts';
import { blockedBy, type LockMode } from './table-lock.ts';

/** A lock that keeps others waiting until the file is committed. */
export interface HeldLock {
  table: RelationName;
  lock: LockMode;
  /** The statement that took it. */
  statement: ParsedStatement;
}

/** Work that is over sooner than this keeps nobody waiting who would notice; seconds. */
const noticeable = 1;

/** The strongest lock that a file's transaction holds after this statement. Pure. */
export function heldAfter(held: HeldLock | undefined, context: StatementContext): HeldLock | undefined {
  const { statement } = context;
  if (standsAlone(statement) || statement.kind === 'TransactionStmt') return undefined;
  const own = statementImpact(statement, context.facts)
    .filter(({ table, lock }) => blockedBy(lock) !== 'nothing' && context.existing('relation', relationKey(table)))
    .toSorted((a, b) => strength(b.lock) - strength(a.lock))[0];
  if (own === undefined || (held !== undefined && strength(held.lock) >= strength(own.lock))) return held;
  return { table: own.table, lock: own.lock, statement };
}

/** A long statement while an earlier one's lock keeps others waiting: its time is theirs. Pure. */
export function findLockHeld(
  held: HeldLock | undefined,
  file: MigrationFile,
  context: StatementContext,
): StatementFinding[] {
  const { statement } = context;
  if (held === undefined || standsAlone(statement)) return [];
  const [long] = worksOf(context)
    .filter(({ table }) => context.existing('relation', relationKey(table)))
    // What the statement keeps waiting by its own lock is said by its own finding.
    .filter(({ table, blocks }) => relationKey(table) !== relationKey(held.table) || blocks < strength(held.lock))
    .map((one) => ({ ...one, seconds: secondsOf(one, context) }))
    .filter(({ seconds }) => seconds === undefined || seconds >= noticeable)
    .toSorted((a, b) => (b.seconds ?? 0) - (a.seconds ?? 0));
  if (long === undefined) return [];
  const line = lineAndColumn(file.sql, held.statement.start).line;
  const whom = blockedBy(held.lock) === 'everything' ? 'reads and writes' : 'writes';
  const message = `the lock that line ${line} takes on ${qualified(held.table)} (${held.lock}) is held until the file is committed, so its ${whom} wait while this statement works on ${qualified(long.table)}`;
  const correction = `split it: what stands above this statement stays in ${file.file}; this statement and what follows go into a file of their own after it`;
  return [
    warning(statement.start, 'lock-held', message, correction, { table: long.table, lock: held.lock, work: long.work }),
  ];
}

function worksOf({ statement, facts }: StatementContext): (LongWork & { blocks: number })[] {
  const locks = statementImpact(statement, facts).flatMap(({ table, lock, work }) =>
    work === 'none' ? [] : [{ table, work, blocks: strength(lock) }],
  );
  return [...locks, ...longWork(statement).map((one) => ({ ...one, blocks: 0 }))];
}

function secondsOf({ table, work }: LongWork, { facts }: StatementContext): number | undefined {
  const fact = facts(table);
  return fact === undefined ? undefined : estimateSeconds(work, fact.bytes);
}

/** Nobody, writers, everybody. */
function strength(lock: LockMode): number {
  return ['nothing', 'writes', 'everything'].indexOf(blockedBy(lock));
}
