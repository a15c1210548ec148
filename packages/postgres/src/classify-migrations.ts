import { classifyStatement } from './classify-statement.ts';
import { filePhase } from './file-phase.ts';
import type { MigrationFile } from './read-migrations.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';
import type { StatementFinding } from './statement-finding.ts';
import { createdRelations, recreatedBy } from './statement-kinds.ts';

/** One remark about a migration file. It never contains a literal of the file, except inside `correction`. */
export interface MigrationFinding {
  /** File name without folder. */
  file: string;
  /** 1-based line of the offending clause. */
  line: number;
  /** 1-based. */
  column?: number;
  /** Stable name in kebab-case. */
  rule: string;
  /**
   * `refuse`: nothing is applied while it stands; `hold`: its file waits for a later release; `warn`: said, and applied.
   */
  severity: 'refuse' | 'hold' | 'warn';
  message: string;
  /** The statement on one line, literals as `$n`, comments removed. */
  statement: string;
  /** SQL or a sentence that says what to do instead. */
  correction: string;
}

/**
 * `expand`: before a promotion, while old code still runs, so that what it needs is held (trap 6). `contract`: only the
 * held files that are next. `all`: everything, contract statements only warn.
 */
export type MigrationPhase = 'all' | 'expand' | 'contract';

/** Reads pending files as PostgreSQL's parser sees them. Pure given the parser; relations created in these files are new. */
export function classifyMigrations(
  files: readonly MigrationFile[],
  parser: SqlParser,
  phase: MigrationPhase = 'expand',
  /** True when the database holds no relation that these files did not make: nothing in them can hurt running code. */
  empty = false,
): MigrationFinding[] {
  const created = new Set<string>();
  return files.flatMap((file) => classifyFile(file, parser, { phase, empty, created }));
}

function classifyFile(
  file: MigrationFile,
  parser: SqlParser,
  given: { phase: MigrationPhase; empty: boolean; created: Set<string> },
): MigrationFinding[] {
  const outcome = parser.parse(file.sql);
  if ('error' in outcome) return [syntaxError(file, parser, outcome.error)];
  const { statements } = outcome.file;
  const findings: MigrationFinding[] = [];
  const contracts: ParsedStatement[] = [];
  for (const [index, statement] of statements.entries()) {
    const later = new Set(statements.slice(index + 1).flatMap(recreatedBy));
    const found = classifyStatement({
      sql: file.sql,
      statement,
      existing: (key) => !given.empty && !given.created.has(key),
      recreated: (key) => later.has(key),
      phase: given.phase,
    });
    if (found.some((finding) => finding.severity === 'hold')) contracts.push(statement);
    findings.push(...found.map((finding) => located(file, parser, statement, finding)));
    for (const key of createdRelations(statement)) given.created.add(key);
  }
  const phase = filePhase(file, statements, contracts);
  if (phase.mixed !== undefined) findings.push(located(file, parser, phase.mixed.statement, phase.mixed.finding));
  return findings;
}

function syntaxError(
  file: MigrationFile,
  parser: SqlParser,
  error: { message: string; offset: number },
): MigrationFinding {
  const place = lineAndColumn(file.sql, error.offset);
  const source = file.sql.split('\n')[place.line - 1] ?? '';
  return {
    file: file.file,
    ...place,
    rule: 'syntax-error',
    severity: 'refuse',
    message: error.message,
    statement: parser.normalise(source),
    correction: `correct the SQL at line ${place.line}; PostgreSQL's own parser stops there`,
  };
}

function located(
  file: MigrationFile,
  parser: SqlParser,
  statement: ParsedStatement,
  finding: StatementFinding,
): MigrationFinding {
  const { offset, ...rest } = finding;
  const text = file.sql.slice(statement.start, statement.end);
  return { file: file.file, ...lineAndColumn(file.sql, offset), ...rest, statement: parser.normalise(text) };
}
