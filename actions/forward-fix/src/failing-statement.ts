import type { MigrationFile } from '#postgres/read-migrations';
import { lineAndColumn, loadSqlParser } from '#postgres/sql-parser';
import { digestOfMigration, type FailedFile } from '#release/migration-record';

/**
 * The statement at the line that failed, with its literals as `$n` (S29); undefined where the checkout holds another text than the one
 * that ran, or no line is known.
 */
export async function failingStatement(
  files: readonly MigrationFile[],
  ran: { version: string; sha256?: string | undefined } | undefined,
  failed: FailedFile | undefined,
): Promise<string | undefined> {
  const file = files.find(({ version }) => version === ran?.version);
  const line = failed?.line;
  if (file === undefined || line === undefined || digestOfMigration(file.sql) !== ran?.sha256) return undefined;
  const parser = await loadSqlParser();
  const parsed = parser.parse(file.sql);
  if ('error' in parsed) return undefined;
  const statement = parsed.file.statements.find(
    ({ start, end }) => lineAndColumn(file.sql, start).line <= line && line <= lineAndColumn(file.sql, end).line,
  );
  return statement === undefined ? undefined : parser.normalise(file.sql.slice(statement.start, statement.end));
}
