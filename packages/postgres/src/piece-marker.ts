import { createHash } from 'node:crypto';
import pg from 'pg';
import type { DatabaseConnection } from './connection.ts';
import { sqlstateOf } from './database-error.ts';
import type { ParsedStatement } from './sql-parser.ts';

/** How far a file that commits by itself has come. It exists only from its first piece to its row in the history. */
export interface PieceMarker {
  /** Statements of the file that are done. */
  done: number;
  /** The statement that was started outside a transaction and of which nobody wrote that it ended. */
  started?: number;
  /** Of the statements that are done; an edited file is recognised by it. */
  digest: string;
}

const table = 'supabase_migrations.ops_actions_marker';

/** Statements that make the marker before the first piece; it changes nothing where one is there already. */
export function createMarker(version: string): string[] {
  return [
    `CREATE TABLE IF NOT EXISTS ${table} (version text PRIMARY KEY, done int NOT NULL, started int, digest text NOT NULL, at timestamptz NOT NULL DEFAULT pg_catalog.now())`,
    `INSERT INTO ${table} (version, done, digest) VALUES (${pg.escapeLiteral(version)}, 0, '${digestOf('', [], 0)}') ON CONFLICT DO NOTHING`,
  ];
}

/** The statement that says how far the file is. */
export function moveMarker(version: string, marker: PieceMarker): string {
  return `UPDATE ${table} SET done = ${marker.done}, started = ${marker.started ?? 'NULL'}, digest = '${marker.digest}' WHERE version = ${pg.escapeLiteral(version)}`;
}

/** Removes the marker together with the history row that takes its place. */
export const dropMarker = `DROP TABLE ${table}`;

/** Undefined where no file was left half-way. */
export async function readMarker(connection: DatabaseConnection, version: string): Promise<PieceMarker | undefined> {
  try {
    const [row] = await connection.query<{ done: number; started: number | null; digest: string }>(
      `SELECT done, started, digest FROM ${table} WHERE version = $1`,
      [version],
    );
    if (row === undefined) return undefined;
    return { done: row.done, digest: row.digest, ...(row.started === null ? {} : { started: row.started }) };
  } catch (error) {
    // 42P01 table missing, 3F000 schema missing.
    const code = sqlstateOf(error);
    if (code === '42P01' || code === '3F000') return undefined;
    throw error;
  }
}

/** Digest of the first `done` statements. Pure. */
export function digestOf(sql: string, statements: readonly ParsedStatement[], done: number): string {
  const texts = statements.slice(0, done).map((statement) => sql.slice(statement.start, statement.end).trim());
  return createHash('sha256').update(texts.join('\n;\n')).digest('hex');
}
