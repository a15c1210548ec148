import { type DatabaseErrorFacts, databaseErrorFacts, isConnectionLost } from './database-error.ts';
import { describeBlocker, type LockHolder } from './migration-lock.ts';
import type { MigrationFile } from './read-migrations.ts';
import { lineAndColumn, offsetOfCharacter, type SqlParser } from './sql-parser.ts';

export type ApplyReason =
  | 'sql_error'
  | 'lock_timeout'
  | 'statement_timeout'
  | 'deadlock'
  | 'history_changed'
  | 'index_exists'
  | 'index_invalid'
  | 'interrupted'
  | 'not_recorded'
  | 'connection_lost'
  | 'outcome_unknown';

/** Why a file did not get through. Never holds literals of the file or values of rows (S29). */
export interface ApplyFailure {
  file: string;
  version: string;
  reasonCode: ApplyReason;
  message: string;
  /** 1-based line of the statement. */
  line?: number;
  sqlstate?: string;
  /** The statement with literals as `$n`. */
  statement?: string;
  /** Who held the lock that was waited for. */
  blockers: readonly LockHolder[];
  attempts: number;
  /** Of a file that commits by itself: how many of its statements stay applied. */
  statementsKept?: number;
}

export interface AppliedFile {
  version: string;
  file: string;
  durationMs: number;
}

export interface ApplyOutcome {
  outcome: 'applied' | 'failed' | 'unknown';
  /** Files that are in the history now, in order; each of them whole. */
  applied: AppliedFile[];
  /** File names that were not reached, the failed one first. */
  remaining: string[];
  failure?: ApplyFailure;
}

/** One attempt at one file that failed. `stage` tells what the server may have done. */
export class FileFailed extends Error {
  readonly reasonCode: ApplyReason;
  readonly facts: DatabaseErrorFacts;
  readonly blockers: readonly LockHolder[];
  /** True when the same file may be tried again: nothing of it is applied, and time may help. */
  readonly passing: boolean;
  /** Of a file that commits by itself. */
  readonly statementsKept: number;
  constructor(
    reasonCode: ApplyReason,
    facts: DatabaseErrorFacts,
    blockers: readonly LockHolder[] = [],
    statementsKept = 0,
  ) {
    super(facts.message);
    this.name = 'FileFailed';
    this.reasonCode = reasonCode;
    this.facts = facts;
    this.blockers = blockers;
    this.statementsKept = statementsKept;
    this.passing = reasonCode === 'lock_timeout' || reasonCode === 'deadlock' || reasonCode === 'connection_lost';
  }
}

/** Sorts an error of `pg`; a lost connection stays `connection_lost` until the history was read again. */
export function fileFailed(error: unknown, blockers: readonly LockHolder[]): FileFailed {
  if (error instanceof FileFailed) return error;
  const facts = databaseErrorFacts(error);
  return new FileFailed(isConnectionLost(error) ? 'connection_lost' : reasonOf(facts), facts, blockers);
}

function reasonOf(facts: DatabaseErrorFacts): ApplyReason {
  if (facts.sqlstate === '55P03') return 'lock_timeout';
  if (facts.sqlstate === '40P01') return 'deadlock';
  if (facts.sqlstate === '57014' && facts.message.includes('statement timeout')) return 'statement_timeout';
  return 'sql_error';
}

/** Puts the place in the file and the names of the blockers to a failed attempt. Pure given the parser. */
export function describeFailure(
  file: MigrationFile,
  failed: FileFailed,
  parser: SqlParser,
  attempts: number,
): ApplyFailure {
  const { facts, blockers } = failed;
  const place = placeOf(file, facts, parser);
  const tried = attempts > 1 ? ` (tried ${attempts} times)` : '';
  const holders = blockers.length === 0 ? '' : `; in the way: ${blockers.map(describeBlocker).join(', ')}`;
  const code = facts.sqlstate === undefined ? '' : ` (SQLSTATE ${facts.sqlstate})`;
  const stage = isBehindFile(file, facts, parser)
    ? 'its statements ran, and then it could not be recorded or committed: '
    : '';
  return {
    file: file.file,
    version: file.version,
    reasonCode: failed.reasonCode,
    message: `${stage}${facts.message}${code}${tried}${holders}`,
    ...(facts.sqlstate === undefined ? {} : { sqlstate: facts.sqlstate }),
    ...place,
    blockers,
    attempts,
    ...(failed.statementsKept > 0 ? { statementsKept: failed.statementsKept } : {}),
  };
}

/** True where the statement that failed is one of ours after the last one of the file, or its COMMIT. */
function isBehindFile({ sql }: MigrationFile, { completed }: DatabaseErrorFacts, parser: SqlParser): boolean {
  const parsed = parser.parse(sql);
  return completed !== undefined && 'file' in parsed && completed >= parsed.file.statements.length;
}

function placeOf(
  file: MigrationFile,
  facts: DatabaseErrorFacts,
  parser: SqlParser,
): { line?: number; statement?: string } {
  const parsed = parser.parse(file.sql);
  if ('error' in parsed) return {};
  const at = facts.position === undefined ? undefined : offsetOfCharacter(file.sql, facts.position - 1);
  const { statements } = parsed.file;
  const statement =
    facts.completed === undefined
      ? statements.find((one) => at !== undefined && at >= one.start && at <= one.end)
      : statements[facts.completed];
  if (statement === undefined) return {};
  const text = file.sql.slice(statement.start, statement.end);
  return { line: lineAndColumn(file.sql, at ?? statement.start).line, statement: parser.normalise(text) };
}
