import type { MigrationFile } from './read-migrations.ts';
import { splitFile } from './split-file.ts';
import type { SqlParser } from './sql-parser.ts';

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
export function classifyFiles(files: readonly MigrationFile[], parser: SqlParser): FileSummary[] {
  return files.map((file) => {
    const parsed = parser.parse(file.sql);
    const statements = 'file' in parsed ? parsed.file.statements : [];
    // Whatever is not listed defines or changes an object of the schema.
    const found = new Set(
      statements.map(({ kind }) => classes.find(([, pattern]) => pattern.test(kind))?.[0] ?? 'schema'),
    );
    return {
      file: file.file,
      statements: statements.length,
      classes: order.filter((name) => found.has(name)),
      inTransaction: 'whole' in splitFile(file.sql, statements),
    };
  });
}
