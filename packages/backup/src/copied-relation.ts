import type { DatabaseConnection } from '#postgres/connection';

/**
 * The relation that the session of this name copies out right now, quoted; undefined between two, and before PostgreSQL 14, which does
 * not tell (release notes of 14: pg_stat_progress_copy). Two statements in one round trip, which no lock holds up.
 */
export async function copiedRelation(
  connection: DatabaseConnection,
  applicationName: string,
): Promise<string | undefined> {
  // Asked all the same, the missing view would abort the transaction that holds the snapshot.
  if (connection.serverVersion < 140_000) return undefined;
  const [, [row]] = await Promise.all([
    // Within a transaction statistics stay as they were when first looked at.
    connection.query('SELECT pg_catalog.pg_stat_clear_snapshot()'),
    connection.query<{ name: string }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name
         FROM pg_catalog.pg_stat_progress_copy AS p JOIN pg_catalog.pg_stat_activity AS a ON a.pid = p.pid
         JOIN pg_catalog.pg_class AS c ON c.oid = p.relid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE a.application_name = $1`,
      [applicationName],
    ),
  ]);
  return row?.name;
}
