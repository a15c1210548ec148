import pg from 'pg';
import { connect, type DatabaseConnection } from '../connection.ts';
import { sqlstateOf } from '../database-error.ts';
import { markReadOnly } from './read-only-mark.ts';

/** Whether a fresh session of our user could write. */
export type WriteProof = 'refused' | 'possible';

/**
 * Makes new sessions of the database read-only, or writable again, and notes until when in the database's comment. It is no
 * fence: a session may switch it off for itself, and a role with its own default_transaction_read_only keeps that.
 * @throws what the server says, e.g. 42501 where our role does not own the database.
 */
export async function setReadOnly(
  connection: DatabaseConnection,
  given: { on: boolean /** Unix seconds. */; until?: number },
): Promise<void> {
  const database = pg.escapeIdentifier(connection.settings.database);
  // This session may itself have begun read-only.
  await connection.query('SET default_transaction_read_only = off');
  const [row] = await connection.query<{ comment: string | null }>(
    `SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment FROM pg_catalog.pg_database
      WHERE datname = pg_catalog.current_database()`,
  );
  const comment = markReadOnly(row?.comment ?? '', given.on ? given.until : undefined);
  const setting = given.on ? 'SET default_transaction_read_only = on' : 'RESET default_transaction_read_only';
  // Both or neither: a mark without its setting would be an alert about nothing.
  await connection.query(
    `BEGIN; ALTER DATABASE ${database} ${setting};
     COMMENT ON DATABASE ${database} IS ${comment === '' ? 'NULL' : pg.escapeLiteral(comment)}; COMMIT`,
  );
}

/** Tries to write in a new session, in a transaction that is never committed. @throws DatabaseUnreachable */
export async function proveWritable(url: string, signal?: AbortSignal): Promise<WriteProof> {
  const connection = await connect(url, {
    applicationName: 'ops-actions database-doctor',
    statementTimeoutMs: 5_000,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await connection.query('BEGIN');
    // Needs no right on any table: a read-only transaction refuses it before rights are looked at.
    await connection.query('CREATE SCHEMA ops_actions_write_probe');
    return 'possible';
  } catch (error) {
    // 25006 read_only_sql_transaction; 42501: our role may create no schema, so the transaction itself could write.
    if (sqlstateOf(error) === '25006') return 'refused';
    if (sqlstateOf(error) === '42501') return 'possible';
    throw error;
  } finally {
    await connection.query('ROLLBACK').catch(() => {});
    await connection.close();
  }
}

/** Roles whose own setting wins over that of the database. */
export async function rolesWithOwnSetting(connection: DatabaseConnection): Promise<string[]> {
  const rows = await connection.query<{ role: string }>(
    `SELECT r.rolname AS role FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
      WHERE EXISTS (SELECT 1 FROM pg_catalog.unnest(s.setconfig) AS c(setting)
                     WHERE c.setting LIKE 'default_transaction_read_only=%') ORDER BY 1`,
  );
  return rows.map(({ role }) => role);
}
