import { createHash } from 'node:crypto';
import type { AppliedMigration } from './migration-history.ts';
import type { MigrationFile } from './read-migrations.ts';
import { loadSqlParser, type SqlParser } from './sql-parser.ts';

/** White space and semicolons say nothing about how a tool cut a file into statements; the server strips the same. */
export const betweenStatements = '[ \\t\\r\\n\\f\\v;]+';
const between = new RegExp(betweenStatements, 'g');

/** Digest of what a file says, however a tool has split it; equal to the one the history query makes. Pure. */
export function textDigest(sql: string): string {
  return createHash('sha256').update(sql.replace(between, '')).digest('hex');
}

/**
 * Applied files whose text is no longer the one in the history. Differences in white space, semicolons and comments do
 * not count, and neither do rows without a text. The texts are fetched only for those whose digest differs.
 */
export async function findEdited(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
  readTexts: (versions: readonly string[]) => Promise<ReadonlyMap<string, string>>,
): Promise<MigrationFile[]> {
  const digests = new Map(applied.map((row) => [row.version, row.digest]));
  const suspects = files.filter((file) => {
    const digest = digests.get(file.version);
    return digest !== undefined && digest !== textDigest(file.sql);
  });
  if (suspects.length === 0) return [];
  const [parser, texts] = await Promise.all([loadSqlParser(), readTexts(suspects.map((file) => file.version))]);
  return suspects.filter((file) => {
    const text = texts.get(file.version);
    return text !== undefined && essence(text, parser) !== essence(file.sql, parser);
  });
}

/** The text without comments, or as it is where it cannot be read. */
function essence(sql: string, parser: SqlParser): string {
  let rest = sql;
  try {
    for (const comment of parser.comments(sql).toReversed())
      rest = `${rest.slice(0, comment.start)} ${rest.slice(comment.start + comment.text.length)}`;
  } catch {
    rest = sql;
  }
  return rest.replace(between, '');
}
