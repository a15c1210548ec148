import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DatabaseConnection } from './connection.ts';
import { databaseErrorFacts, sqlstateOf } from './database-error.ts';
import { betweenStatements } from './edited-files.ts';

/** One row of `supabase_migrations.schema_migrations`. */
export interface AppliedMigration {
  version: string;
  name?: string;
  /** Of its text without white space and semicolons (`textDigest`); absent where the history has no text. */
  digest?: string;
}

export interface MigrationHistory {
  /** False before the first migration of a database that the Supabase CLI never touched. */
  exists: boolean;
  /** Sorted by version as text. */
  applied: AppliedMigration[];
}

/**
 * Reads the history in one query. Only known columns are read and absent ones tolerated (supabase.md §3); a missing
 * table is an empty history.
 */
export async function readMigrationHistory(connection: DatabaseConnection): Promise<MigrationHistory> {
  try {
    // to_jsonb: `name` and `statements` are absent where an old CLI made the table.
    const rows = await connection.query<{ version: string; name: string | null; digest: string | null }>(
      `SELECT version, to_jsonb(h) ->> 'name' AS name,
              encode(sha256(convert_to(regexp_replace(${joinedStatements}, '${betweenStatements}', '', 'g'), 'UTF8')), 'hex') AS digest
         FROM supabase_migrations.schema_migrations AS h ORDER BY version COLLATE "C"`,
    );
    return {
      exists: true,
      applied: rows.map(({ version, name, digest }) => ({
        version,
        ...(name === null ? {} : { name }),
        ...(digest === null ? {} : { digest }),
      })),
    };
  } catch (error) {
    const code = (error as { code?: string }).code;
    // 3F000 schema missing, 42P01 table missing.
    if (code === '3F000' || code === '42P01') return { exists: false, applied: [] };
    throw error;
  }
}

/** NULL where a row holds no statements. */
const joinedStatements = `(SELECT string_agg(s.text, E'\\n;\\n' ORDER BY s.number)
  FROM jsonb_array_elements_text(CASE jsonb_typeof(to_jsonb(h) -> 'statements') WHEN 'array' THEN to_jsonb(h) -> 'statements' ELSE '[]' END)
       WITH ORDINALITY AS s (text, number))`;

/** The texts of these versions as the history holds them. */
export async function readAppliedTexts(
  connection: DatabaseConnection,
  versions: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await connection.query<{ version: string; text: string | null }>(
    `SELECT version, ${joinedStatements} AS text FROM supabase_migrations.schema_migrations AS h WHERE version = ANY ($1::text[])`,
    [versions],
  );
  return new Map(rows.flatMap(({ version, text }) => (text === null ? [] : [[version, text] as const])));
}

/** Creates the history table, or adds its missing columns, as the Supabase CLI 3.1.0 does (supabase.md §2). */
export async function bootstrapMigrationHistory(connection: DatabaseConnection): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await connection.query(bootstrap);
      return;
    } catch (error) {
      await connection.query('ROLLBACK');
      // IF NOT EXISTS still collides with a session that creates the same thing at the same moment.
      if (sqlstateOf(error) !== '23505' || attempt === 3) throw unready(error);
    }
  }
}

/** With the next step, where the reason is known. */
function unready(error: unknown): unknown {
  const advice: Record<string, string> = {
    '55P03':
      'another session has been writing to it for 4 s, as a migration of another tool does: run again when that has ended',
    '25006': 'the database, or this role, only reads: database-doctor says since when, and makes it writable again',
    '42501': 'connect as the role that owns the schema supabase_migrations and its tables',
  };
  const code = sqlstateOf(error);
  if (code === undefined) return error;
  const why = advice[code] ?? databaseErrorFacts(error).message;
  return new Error(`the migration history is not ready to be written (SQLSTATE ${code}): ${why}`, { cause: error });
}

const bootstrap = `BEGIN;
  SET LOCAL lock_timeout = '4s';
  CREATE SCHEMA IF NOT EXISTS supabase_migrations;
  CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
  ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
  ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
  COMMIT`;

/** The statement that records a file as the Supabase CLI does; literals only, so that it can travel with COMMIT. */
export function recordMigration(given: { version: string; name: string; statements: readonly string[] }): string {
  const statements = given.statements.map((statement) => pg.escapeLiteral(statement)).join(', ');
  return `INSERT INTO supabase_migrations.schema_migrations (version, statements, name) VALUES (${pg.escapeLiteral(given.version)}, ARRAY[${statements}]::pg_catalog.text[], ${pg.escapeLiteral(given.name)})`;
}

/** The statement that forgets a version, on the way back. */
export function forgetMigration(version: string): string {
  return `DELETE FROM supabase_migrations.schema_migrations WHERE version = ${pg.escapeLiteral(version)}`;
}

/**
 * Takes the history for this transaction and fails with a division by zero unless it holds exactly these versions.
 * Readers pass; whoever else records a migration, with or without our advisory lock, waits (S28).
 */
export function historyCheck(expected: ReadonlySet<string>): string[] {
  const sorted = sortByBytes([...expected]);
  const digest = createHash('sha256').update(sorted.join(',')).digest('hex');
  return [
    'LOCK TABLE supabase_migrations.schema_migrations IN SHARE ROW EXCLUSIVE MODE',
    `SELECT 1 / (pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(version, ',' ORDER BY version COLLATE "C"), ''), 'UTF8')), 'hex') = '${digest}')::int FROM supabase_migrations.schema_migrations`,
  ];
}

/** As `COLLATE "C"` does. Strings compare alike where they are digits, and quickly: a thousand files check a thousand versions each. */
function sortByBytes(versions: string[]): string[] {
  if (versions.every((version) => /^\d+$/.test(version))) return versions.sort();
  return versions.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
}

/** Records files as applied without running them, in one transaction, where the history is empty. */
export async function recordBaseline(connection: DatabaseConnection, records: readonly string[]): Promise<void> {
  await bootstrapMigrationHistory(connection);
  await connection.query(
    ['BEGIN', "SET LOCAL lock_timeout = '5s'", ...historyCheck(new Set()), ...records, 'COMMIT'].join('; '),
  );
}
