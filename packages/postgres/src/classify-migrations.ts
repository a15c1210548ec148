import { classifyStatement, createdRelations, type StatementFinding, standsAlone } from './classify-statement.ts';
import type { MigrationFile } from './read-migrations.ts';
import { lineAndColumn, type ParsedStatement, type SqlParser } from './sql-parser.ts';

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
  /** `refuse`: not applied while it stands; `warn`: said, and applied. */
  severity: 'refuse' | 'warn';
  message: string;
  /** The statement on one line, literals as `$n`, comments removed. */
  statement: string;
  /** SQL or a sentence that says what to do instead. */
  correction: string;
}

/** `expand`: before a promotion, old code still runs (trap 6). `all`: by hand, contract statements only warn. */
export type MigrationPhase = 'all' | 'expand';

/** Reads pending files as PostgreSQL's parser sees them. Pure given the parser; relations created in these files are new. */
export function classifyMigrations(
  files: readonly MigrationFile[],
  parser: SqlParser,
  phase: MigrationPhase = 'expand',
): MigrationFinding[] {
  const created = new Set<string>();
  return files.flatMap((file) => classifyFile(file, parser, phase, created));
}

function classifyFile(
  file: MigrationFile,
  parser: SqlParser,
  phase: MigrationPhase,
  created: Set<string>,
): MigrationFinding[] {
  const outcome = parser.parse(file.sql);
  if ('error' in outcome) {
    const place = lineAndColumn(file.sql, outcome.error.offset);
    const source = file.sql.split('\n')[place.line - 1] ?? '';
    return [
      {
        file: file.file,
        ...place,
        rule: 'syntax-error',
        severity: 'refuse',
        message: outcome.error.message,
        statement: parser.normalise(source),
        correction: `correct the SQL at line ${place.line}; PostgreSQL's own parser stops there`,
      },
    ];
  }
  const { statements } = outcome.file;
  const findings: MigrationFinding[] = [];
  for (const statement of statements) {
    const found = classifyStatement({ sql: file.sql, statement, existing: (key) => !created.has(key), phase });
    if (statements.length > 1 && standsAlone(statement)) found.push(mixed(file, parser, statement));
    findings.push(...found.map((finding) => located(file, parser, statement, finding)));
    for (const key of createdRelations(statement)) created.add(key);
  }
  return findings;
}

function mixed(file: MigrationFile, parser: SqlParser, statement: ParsedStatement): StatementFinding {
  const text = file.sql.slice(statement.start, statement.end);
  const words = parser.normalise(text).split(' ').slice(0, 3).join(' ');
  return {
    offset: statement.start,
    rule: 'must-stand-alone',
    severity: 'refuse',
    message: `${words} cannot run inside a transaction, so it must be the only statement of its file (trap 11)`,
    correction: `move it to a migration file of its own:\n${text.trim()};`,
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
