import { setTimeout as wait } from 'node:timers/promises';
import { connect, type DatabaseConnection, DatabaseUnreachable } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';
import { proveWritable, setReadOnly } from '#postgres/doctor/read-only-mode';

const application = { applicationName: 'ops-actions restore' };
const patienceMs = 2 * 60_000;

/**
 * Makes new sessions read-only; the setting lies in the database, so going back to an earlier state takes it away again.
 * Undefined: done and proven; else why not. @throws DatabaseUnreachable
 */
export async function stopWrites(url: string, until: number, signal: AbortSignal): Promise<string | undefined> {
  const refused = await withConnection(url, signal, async (connection) => {
    try {
      await setReadOnly(connection, { on: true, until });
      return undefined;
    } catch (error) {
      const sqlstate = sqlstateOf(error);
      if (sqlstate === undefined) throw error;
      return `the role of target-url may not make the database read-only (${sqlstate})`;
    }
  });
  if (refused !== undefined) return refused;
  return (await proveWritable(url, signal)) === 'refused' ? undefined : 'a new session can still write';
}

export async function resumeWrites(url: string, signal: AbortSignal): Promise<void> {
  await withConnection(url, signal, (connection) => setReadOnly(connection, { on: false }));
}

/** Whether the database itself says read-only. @throws DatabaseUnreachable */
export async function writesAreStopped(url: string, signal: AbortSignal): Promise<boolean> {
  return await withConnection(url, signal, async (connection) => {
    const rows = await connection.query(
      `SELECT 1 FROM pg_catalog.pg_db_role_setting AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
        WHERE d.datname = pg_catalog.current_database() AND s.setrole = 0
          AND 'default_transaction_read_only=on' = ANY (s.setconfig)`,
    );
    return rows.length > 0;
  });
}

/**
 * What became of a stop of writes that was set at `since` (ISO time). `gone` means that the state before it came back: the
 * setting is not there, and the server was started after it, as every restore by the platform does. A person who merely
 * lifted the stop leaves it `unclear`. @throws DatabaseUnreachable
 */
export async function readFence(
  url: string,
  since: string,
  signal: AbortSignal,
): Promise<'stands' | 'gone' | 'unclear'> {
  if (await writesAreStopped(url, signal)) return 'stands';
  return await withConnection(url, signal, async (connection) => {
    const [row] = await connection.query<{ restarted: boolean }>(
      'SELECT pg_catalog.pg_postmaster_start_time() > $1::timestamptz AS restarted',
      [since],
    );
    return row?.restarted === true ? 'gone' : 'unclear';
  });
}

/** A project that has just become healthy may not take connections at once. */
async function withConnection<T>(
  url: string,
  signal: AbortSignal,
  work: (connection: DatabaseConnection) => Promise<T>,
): Promise<T> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    let connection: DatabaseConnection;
    try {
      connection = await connect(url, { ...application, signal });
    } catch (error) {
      if (!(error instanceof DatabaseUnreachable) || performance.now() > endsAt) throw error;
      await wait(2_000, undefined, { signal });
      continue;
    }
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }
}
