import { setTimeout as wait } from 'node:timers/promises';
import { connect, type DatabaseConnection, DatabaseUnreachable } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';
import { type EndedSessions, endClientSessions } from '#postgres/doctor/end-sessions';
import {
  findStop,
  proveWritable,
  readReadOnly,
  rolesWithOwnSetting,
  setReadOnly,
} from '#postgres/doctor/read-only-mode';

const application = { applicationName: 'ops-actions restore' };
const patienceMs = 2 * 60_000;

/** What a person does about a stop of writes that stands. */
export const howToResume = 'database-doctor with read-only-off ends that';

/** A stop of writes in a database. */
export interface WriteStop {
  url: string;
  /** Hexadecimal digits in the comment of the database by which a run finds its own again; absent: it is for a person to lift. */
  mark?: string;
}

/**
 * Makes new sessions read-only until about `until` (Unix seconds); the setting lies in the database, so going back to an earlier state takes it away again.
 * Undefined: done and proven; else why not, and nothing is left of it. @throws DatabaseUnreachable, or the abort reason
 */
export async function stopWrites(
  stop: WriteStop,
  until: number,
  given: { signal: AbortSignal; warn: (line: string) => void },
): Promise<string | undefined> {
  const { url, mark } = stop;
  const { signal, warn } = given;
  let outcome: 'proven' | 'not set' | undefined;
  try {
    const refused = await withConnection(url, signal, async (connection) => {
      try {
        await setReadOnly(connection, { on: true, until, ...(mark === undefined ? {} : { restore: mark }) });
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
    if (outcome === undefined) await liftStop(stop, warn);
  }
}

/**
 * Ends a stop of writes within a minute and also where the run itself is cancelled: that with the mark, where one is given, and
 * never that of somebody else. Sessions that began under it would stay read-only, so they end, too. False: it stands still, which
 * is told with what to do; nothing is thrown that would hide why the run ends.
 */
export async function liftStop({ url, mark }: WriteStop, warn: (line: string) => void): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(60_000);
    await withConnection(url, signal, async (connection) => {
      if (mark !== undefined && (await readReadOnly(connection)).restore !== mark) return;
      await setReadOnly(connection, { on: false });
      const { left } = await endClientSessions(connection);
      if (left.length > 0) warn(`Sessions of ${left.join(', ')} may be read-only until they end by themselves`);
    });
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    warn(
      `New sessions of the database may still be read-only, the stop of writes could not be lifted (${why}): ${howToResume}`,
    );
    return false;
  }
}

/** Ends the sessions from before a stop of writes, which could go on writing. @throws DatabaseUnreachable */
export async function endEarlierSessions(url: string, signal: AbortSignal): Promise<EndedSessions> {
  return await withConnection(url, signal, (connection) => endClientSessions(connection));
}

/** Roles that no stop of writes reaches, because their own setting wins. @throws DatabaseUnreachable */
export async function readExceptions(url: string, signal: AbortSignal): Promise<string[]> {
  return await withConnection(url, signal, rolesWithOwnSetting);
}

/** Whether the database itself says read-only, and by the mark of which restore. @throws DatabaseUnreachable */
export async function readStop(url: string, signal: AbortSignal): Promise<{ on: boolean; restore?: string }> {
  return await withConnection(url, signal, readReadOnly);
}

/**
 * A run's stop of writes, as the database knows it; `stands` and `lifted`: the state before is still there, whoever lifted it.
 * @throws DatabaseUnreachable
 */
export async function readStopOf(
  { url, mark }: Required<WriteStop>,
  signal: AbortSignal,
): Promise<'stands' | 'lifted' | 'none'> {
  return await withConnection(url, signal, (connection) => findStop(connection, mark));
}

/**
 * What became of a stop of writes of an earlier run, set before `since` (ISO time). `stands` and `lifted` say that the state
 * before is still there, also after a restart of the server. `gone` means that an earlier one came back: nothing of the stop is
 * there, and the server was started after it, as every restore by the platform does. `unclear`: nothing of it is there, and the
 * server was not. @throws DatabaseUnreachable
 */
export async function readFence(
  { url, mark }: Required<WriteStop>,
  since: string,
  signal: AbortSignal,
): Promise<'stands' | 'lifted' | 'gone' | 'unclear'> {
  return await withConnection(url, signal, async (connection) => {
    const found = await findStop(connection, mark);
    if (found !== 'none') return found;
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
