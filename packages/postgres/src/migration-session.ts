import { connect, type DatabaseConnection } from './connection.ts';
import { readMigrationHistory } from './migration-history.ts';
import { type LockHolder, takeMigrationLock } from './migration-lock.ts';

export interface MigrationSessionOptions {
  /** How long to wait for another migration to end. Default 2 min. */
  lockWaitMs?: number;
  pollMs?: number;
  signal?: AbortSignal;
  onWait?: (holder: LockHolder | undefined) => void;
  /** `later`: the caller calls `lock` before anything is changed, and only looks until then. Default `at once`. */
  lock?: 'at once' | 'later';
}

/** The session that migrates: it holds the migration lock from the plan until `close`, across a backup too (S28). */
export interface MigrationSession {
  url: string;
  /** The connection in use; another one after `reopen`. */
  readonly connection: DatabaseConnection;
  /**
   * Takes the lock of a session that was opened without. What is asked together with it, and after it, is answered under the
   * lock where the answer is `free`; after `waited` it has to be asked again.
   * @throws MigrationLockTimeout.
   */
  lock(): Promise<'free' | 'waited'>;
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
/** Of one statement of a look without the lock: as nothing waits for it, it must not wait for long itself. */
const lookTimeoutMs = 10_000;

/** @throws DatabaseUnreachable, DatabaseUrlError, MigrationLockTimeout. */
export async function openMigrationSession(
  url: string,
  options: MigrationSessionOptions = {},
): Promise<MigrationSession> {
  const take = async (connection: DatabaseConnection): Promise<['free' | 'waited', BackendName]> =>
    await Promise.all([
      takeMigrationLock(connection, { ...options, waitMs: options.lockWaitMs ?? 120_000 }),
      backendName(connection),
    ]);
  const open = async (lock: 'at once' | 'later', before?: BackendName): Promise<DatabaseConnection> => {
    const connection = await connect(url, {
      applicationName,
      ...(lock === 'later' ? { statementTimeoutMs: lookTimeoutMs } : {}),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    try {
      if (before !== undefined) await endBackend(connection, before);
      if (lock === 'at once') [, name] = await take(connection);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  let name: BackendName | undefined;
  let connection = await open(options.lock ?? 'at once');
  const reopen = async () => {
    await connection.close();
    connection = await open('at once', name);
  };
  return {
    url,
    get connection() {
      return connection;
    },
    async lock() {
      const [[taken, own]] = await Promise.all([take(connection), connection.query('SET statement_timeout = 0')]);
      name = own;
      return taken;
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
