import pg from 'pg';
import { connect, type DatabaseConnection } from '../connection.ts';
import { sqlstateOf } from '../database-error.ts';
import { markReadOnly, readOnlyFor, wasLifted } from './read-only-mark.ts';

/** Whether a fresh session of our user could write. */
export type WriteProof = 'refused' | 'possible';

/**
 * Makes new sessions of the database read-only, or writable again, and notes until when in the database's comment. It is no
 * fence: a session may switch it off for itself, and a role with its own default_transaction_read_only keeps that.
 * @throws what the server says, e.g. 42501 where our role does not own the database.
 */
export async function setReadOnly(
  connection: DatabaseConnection,
  given: {
    on: boolean /** Unix seconds. */;
    until?: number /** Name of the restore that does it. */;
    restore?: string;
  },
): Promise<void> {
  const database = pg.escapeIdentifier(connection.settings.database);
  // This session may itself have begun read-only.
  await connection.query('SET default_transaction_read_only = off');
  const before = await readComment(connection);
  const comment = markReadOnly(before, given.on ? given.until : undefined, given.restore);
  const setting = given.on ? 'SET default_transaction_read_only = on' : 'RESET default_transaction_read_only';
  // Both or neither: a mark without its setting would be an alert about nothing.
  await connection.query(
    `BEGIN; ALTER DATABASE ${database} ${setting};
     COMMENT ON DATABASE ${database} IS ${comment === '' ? 'NULL' : pg.escapeLiteral(comment)}; COMMIT`,
  );
}

/** Whether the database itself makes new sessions read-only, and the restore that did it; absent: a person. */
export async function readReadOnly(connection: DatabaseConnection): Promise<{ on: boolean; restore?: string }> {
  const [row] = await connection.query<{ on: boolean }>(
    `SELECT count(*) > 0 AS on FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
      WHERE d.datname = pg_catalog.current_database() AND s.setrole = 0
        AND 'default_transaction_read_only=on' = ANY (s.setconfig)`,
  );
  if (row?.on !== true) return { on: false };
  const restore = readOnlyFor(await readComment(connection));
  return { on: true, ...(restore === undefined ? {} : { restore }) };
}

/**
 * The stop of writes of one restore: it stands, was lifted, or was never there in this state of the database. Lifted is also one
 * of which somebody has reset the setting alone.
 */
export async function findStop(connection: DatabaseConnection, restore: string): Promise<'stands' | 'lifted' | 'none'> {
  const comment = await readComment(connection);
  if (readOnlyFor(comment) !== restore) return wasLifted(comment, restore) ? 'lifted' : 'none';
  return (await readReadOnly(connection)).on ? 'stands' : 'lifted';
}

async function readComment(connection: DatabaseConnection): Promise<string> {
  const [row] = await connection.query<{ comment: string | null }>(
    `SELECT pg_catalog.shobj_description(oid, 'pg_database') AS comment FROM pg_catalog.pg_database
      WHERE datname = pg_catalog.current_database()`,
  );
  return row?.comment ?? '';
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

/** Roles whose own setting wins over that of a read-only database. */
export async function rolesWithOwnSetting(connection: DatabaseConnection): Promise<string[]> {
  const rows = await connection.query<{ role: string }>(
    `SELECT r.rolname AS role FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
      WHERE EXISTS (SELECT 1 FROM pg_catalog.unnest(s.setconfig) AS c(setting)
                     WHERE CASE WHEN c.setting LIKE 'default_transaction_read_only=%'
                       THEN NOT pg_catalog.split_part(c.setting, '=', 2)::pg_catalog.bool ELSE false END) ORDER BY 1`,
  );
  return rows.map(({ role }) => role);
}
