import { setTimeout as wait } from 'node:timers/promises';
import { connect, type DatabaseConnection, DatabaseUnreachable } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';
import { proveWritable, setReadOnly } from '#postgres/doctor/read-only-mode';

const application = { applicationName: 'ops-actions restore' };
const patienceMs = 2 * 60_000;

/** What a person does about a stop of writes that stands. */
export const howToResume = 'database-doctor with read-only-off ends that';

/**
 * Makes new sessions read-only; the setting lies in the database, so going back to an earlier state takes it away again.
 * Undefined: done and proven; else why not, and nothing is left of it. @throws DatabaseUnreachable, or the abort reason
 */
export async function stopWrites(
  url: string,
  until: number,
  given: { signal: AbortSignal; warn: (line: string) => void },
): Promise<string | undefined> {
  const { signal, warn } = given;
  let outcome: 'proven' | 'not set' | undefined;
  try {
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
    if (refused !== undefined) {
      outcome = 'not set';
      return refused;
    }
    if ((await proveWritable(url, signal)) === 'refused') outcome = 'proven';
    return outcome === 'proven' ? undefined : 'a new session can still write';
  } finally {
    // Also where the answer to the setting was lost.
    if (outcome === undefined) await liftStop(url, warn);
  }
}

/**
 * Ends a stop of writes that this run set, within a minute and also where the run itself is cancelled. False: it stands still,
 * which is told with what to do; nothing is thrown that would hide why the run ends.
 */
export async function liftStop(url: string, warn: (line: string) => void): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(60_000);
    await withConnection(url, signal, (connection) => setReadOnly(connection, { on: false }));
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(
      `New sessions of the database may still be read-only, the stop of writes could not be lifted (${why}): ${howToResume}`,
    );
    return false;
  }
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
 * setting is not there, and the server was started after it, as every restore by the platform does. `unclear`: a person merely
 * lifted it, or it was set anew after such a start. @throws DatabaseUnreachable
 */
export async function readFence(
  url: string,
  since: string,
  signal: AbortSignal,
): Promise<'stands' | 'gone' | 'unclear'> {
  const stopped = await writesAreStopped(url, signal);
  return await withConnection(url, signal, async (connection) => {
    const [row] = await connection.query<{ restarted: boolean }>(
      'SELECT pg_catalog.pg_postmaster_start_time() > $1::timestamptz AS restarted',
      [since],
    );
    if (stopped === (row?.restarted === true)) return 'unclear';
    return stopped ? 'stands' : 'gone';
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
