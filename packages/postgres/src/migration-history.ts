import type { DatabaseConnection } from './connection.ts';

/** One row of `supabase_migrations.schema_migrations`. */
export interface AppliedMigration {
  version: string;
  name?: string;
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
    // to_jsonb: `name` is absent where an old CLI made the table.
    const rows = await connection.query<{ version: string; name: string | null }>(
      `SELECT version, to_jsonb(h) ->> 'name' AS name FROM supabase_migrations.schema_migrations AS h ORDER BY version COLLATE "C"`,
    );
    return {
      exists: true,
      applied: rows.map(({ version, name }) => (name === null ? { version } : { version, name })),
    };
  } catch (error) {
    const code = (error as { code?: string }).code;
    // 3F000 schema missing, 42P01 table missing.
    if (code === '3F000' || code === '42P01') return { exists: false, applied: [] };
    throw error;
  }
}

/** Creates the history table, or adds its missing columns, as the Supabase CLI 3.1.0 does (supabase.md §2). */
export async function bootstrapMigrationHistory(connection: DatabaseConnection): Promise<void> {
  await connection.query(
    `BEGIN;
     SET LOCAL lock_timeout = '4s';
     CREATE SCHEMA IF NOT EXISTS supabase_migrations;
     CREATE TABLE IF NOT EXISTS supabase_migrations.schema_migrations (version text NOT NULL PRIMARY KEY);
     ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS statements text[];
     ALTER TABLE supabase_migrations.schema_migrations ADD COLUMN IF NOT EXISTS name text;
     COMMIT`,
  );
}
