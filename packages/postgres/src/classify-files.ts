import { type KnownRoutines, statementsRun } from './embedded-code.ts';
import { estimateSeconds } from './judge-size.ts';
import type { MigrationFile } from './read-migrations.ts';
import { splitFile } from './split-file.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';
import { statementImpact } from './statement-impact.ts';
import type { FactsOf } from './table-facts.ts';
import { blockedBy, type LockMode, type TableWork } from './table-lock.ts';

/** What a statement works on: `schema`, `data`, `access` (grants, policies, roles), `code` (functions, DO), or `other`. */
export type SqlClass = 'schema' | 'data' | 'access' | 'code' | 'other';

/** What one file is made of, for plans. */
export interface FileSummary {
  file: string;
  statements: number;
  /** Classes that occur, in the order of the type. */
  classes: SqlClass[];
  /** False where the file commits by itself, or a statement of it cannot run inside a transaction. */
  inTransaction: boolean;
  /** Locks on relations that exist, in the order of the file; empty where the live database was not asked. */
  locks: PlannedLock[];
}

/** One lock that a file will take, with the size of the table now. */
export interface PlannedLock {
  /** 1-based line of the statement. */
  line: number;
  /** `public.notes`. */
  table: string;
  lock: LockMode;
  work: TableWork;
  /** Whose statements wait meanwhile. */
  blocks: ReturnType<typeof blockedBy>;
  rows?: number;
  bytes: number;
  /** How long the work may take, roughly. */
  seconds: number;
}

const classes: readonly (readonly [SqlClass, RegExp])[] = [
  [
    'access',
    /^(Grant|GrantRole|CreatePolicy|AlterPolicy|AlterOwner|AlterDefaultPrivileges|CreateRole|AlterRole|AlterRoleSet|DropRole|ReassignOwned|DropOwned|SecLabel)Stmt$/,
  ],
  ['code', /^(CreateFunction|AlterFunction|CreateTrig|CreateEventTrig|AlterEventTrig|Do|Call|CreatePLang|Rule)Stmt$/],
  ['data', /^(Insert|Update|Delete|Merge|Copy|Truncate|Select|RefreshMatView)Stmt$/],
  [
    'other',
    /^(VariableSet|VariableShow|Comment|Transaction|Notify|Listen|Unlisten|Discard|Vacuum|Lock|Explain|Prepare|Execute|Deallocate|Load|CheckPoint)Stmt$/,
  ],
];
const order: readonly SqlClass[] = ['schema', 'data', 'access', 'code', 'other'];

/** Summaries of files that PostgreSQL's parser can read; a broken one counts no statements. Pure given the parser. */
export function classifyFiles(
  files: readonly MigrationFile[],
  parser: SqlParser,
  facts: FactsOf = () => undefined,
): FileSummary[] {
  const routines: KnownRoutines = new Map();
  return files.map((file) => {
    const parsed = parser.parse(file.sql);
    const statements = 'file' in parsed ? parsed.file.statements : [];
    const runs = statementsRun(file.sql, statements, parser, routines).map(({ statement }) => statement);
    // Whatever is not listed defines or changes an object of the schema.
    const found = new Set(runs.map(({ kind }) => classes.find(([, pattern]) => pattern.test(kind))?.[0] ?? 'schema'));
    return {
      file: file.file,
      statements: statements.length,
      classes: order.filter((name) => found.has(name)),
      inTransaction: 'whole' in splitFile(file.sql, statements),
      locks: runs.flatMap((statement) => locksOf(file, statement, facts)),
    };
  });
}

function locksOf(file: MigrationFile, statement: ParsedStatement, facts: FactsOf): PlannedLock[] {
  return statementImpact(statement, facts).flatMap(({ table, lock, work }): PlannedLock[] => {
    const fact = facts(table);
    if (fact === undefined) return [];
    const { line } = lineAndColumn(file.sql, statement.start);
    const rows = fact.rows === undefined ? {} : { rows: fact.rows };
    const seconds = estimateSeconds(work, fact.bytes);
    return [{ line, table: fact.table, lock, work, blocks: blockedBy(lock), ...rows, bytes: fact.bytes, seconds }];
  });
}
