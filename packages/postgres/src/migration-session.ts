import { connect, type DatabaseConnection } from './connection.ts';
import { readMigrationHistory } from './migration-history.ts';
import { type LockHolder, takeMigrationLock } from './migration-lock.ts';

export interface MigrationSessionOptions {
  /** How long to wait for another migration to end. Default 2 min. */
  lockWaitMs?: number;
  pollMs?: number;
  signal?: AbortSignal;
  onWait?: (holder: LockHolder | undefined) => void;
}

/** The session that migrates: it holds the migration lock from the plan until `close`, across a backup too (S28). */
export interface MigrationSession {
  url: string;
  /** The connection in use; another one after `reopen`. */
  readonly connection: DatabaseConnection;
  /** Versions in the history, read now. */
  history(): Promise<string[]>;
  /**
   * After a lost connection: ends what is left of the old session on the server and takes the lock again, so that what
   * the history then says is final.
   */
  reopen(): Promise<void>;
  /**
   * Does something long that does not use this session, and keeps poolers from closing it meanwhile. A session that was
   * lost all the same is opened anew with its lock.
   */
  whileIdle<T>(body: () => Promise<T>): Promise<T>;
  /** Ends the session and with it the lock; never throws. */
  close(): Promise<void>;
}

const applicationName = 'ops-actions migrate';
const pingMs = 20_000;

/** @throws DatabaseUnreachable, DatabaseUrlError, MigrationLockTimeout. */
export async function openMigrationSession(
  url: string,
  options: MigrationSessionOptions = {},
): Promise<MigrationSession> {
  const open = async (before?: BackendName): Promise<[DatabaseConnection, BackendName]> => {
    const connection = await connect(url, {
      applicationName,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    try {
      if (before !== undefined) await endBackend(connection, before);
      await takeMigrationLock(connection, { ...options, waitMs: options.lockWaitMs ?? 120_000 });
      return [connection, await backendName(connection)];
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  let [connection, name] = await open();
  const reopen = async () => {
    await connection.close();
    [connection, name] = await open(name);
  };
  return {
    url,
    get connection() {
      return connection;
    },
    async history() {
      const { applied } = await readMigrationHistory(connection);
      return applied.map((row) => row.version);
    },
    reopen,
    async whileIdle(body) {
      const ping = setInterval(() => void connection.query('SELECT 1').catch(() => {}), pingMs);
      try {
        return await body();
      } finally {
        clearInterval(ping);
        const alive = await connection.query('SELECT 1').then(
          () => true,
          () => false,
        );
        if (!alive && options.signal?.aborted !== true) await reopen();
      }
    },
    close: () => connection.close(),
  };
}

/** A process id alone could be somebody else's by now. */
interface BackendName {
  pid: number;
  startedAt: string;
}

async function backendName(connection: DatabaseConnection): Promise<BackendName> {
  const [row] = await connection.query<{ at: string | null }>(
    'SELECT backend_start::text AS at FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid()',
  );
  return { pid: connection.processId, startedAt: row?.at ?? '' };
}

async function endBackend(connection: DatabaseConnection, backend: BackendName): Promise<void> {
  await connection.query(
    'SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = $1 AND backend_start::text = $2',
    [backend.pid, backend.startedAt],
  );
}
