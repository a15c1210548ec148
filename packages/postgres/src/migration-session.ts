import { type ConnectOptions, connect, type DatabaseConnection } from './connection.ts';
import { isRejected } from './look-at-session.ts';
import { readMigrationHistory } from './migration-history.ts';
import { type LockHolder, MigrationLockTimeout, takeMigrationLock } from './migration-lock.ts';

export interface MigrationSessionOptions {
  /** How long to wait for another migration to end. Default 2 min. */
  lockWaitMs?: number;
  pollMs?: number;
  signal?: AbortSignal;
  onWait?: (holder: LockHolder | undefined) => void;
  /** As for `connect`. */
  quietMs?: number;
  connectTimeoutMs?: number;
  /** Between two questions while nothing else is asked; default 20 s. */
  pingMs?: number;
  /** The same database with another password, for one that ends: asked where the server takes the one at hand no longer. */
  renewUrl?: (() => Promise<string>) | undefined;
  /** `later`: the caller calls `lock` before anything is changed, and only looks until then. Default `at once`. */
  lock?: 'at once' | 'later';
}

/** The session that migrates: it holds the migration lock from the plan until `close`, across a backup too (S28). */
export interface MigrationSession {
  /** Another one where its password had to be renewed. */
  readonly url: string;
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
   * Does something long that does not use this session. One that is lost meanwhile is opened anew with its lock, at once. Where
   * somebody else has taken that, `lockTaken` aborts with MigrationLockTaken: what migrates by itself has to stop, and rejects with
   * it; after anything else the lock is waited for. @throws DatabaseUnreachable, MigrationLockTimeout.
   */
  whileIdle<T>(body: (lockTaken: AbortSignal) => Promise<T>): Promise<T>;
  /** Ends the session and with it the lock; never throws. */
  close(): Promise<void>;
}

/** The connection was lost and with it the lock, and another session holds that now: there are two migrators (I9). */
export class MigrationLockTaken extends Error {
  readonly reasonCode = 'migration_lock_taken';
  constructor(timeout: MigrationLockTimeout) {
    super(`the connection that held the migration lock was lost, and ${timeout.message}`);
    this.name = 'MigrationLockTaken';
  }
}

const applicationName = 'ops-actions migrate';
/** Keeps poolers, and the server's own limit for sessions that idle, from ending the session while something else is done. */
const standardPingMs = 20_000;
/** A session of ours that was just ended gives its lock back within this time. */
const lockAgainMs = 5_000;
/**
 * Since PostgreSQL 14 the server itself ends a session of which it hears nothing: where the path to it went silent its sockets
 * stay open, and the next migration would wait for its lock.
 */
const idleLimitMs = 90_000;
/** Of one statement of a look without the lock: as nothing waits for it, it must not wait for long itself. */
const lookTimeoutMs = 10_000;

/** @throws DatabaseUnreachable, DatabaseUrlError, MigrationLockTimeout. */
export async function openMigrationSession(
  url: string,
  options: MigrationSessionOptions = {},
): Promise<MigrationSession> {
  let address = url;
  let renewing: Promise<string | undefined> | undefined;
  // Each renewal ends the password before it, so that two must not run at the same time.
  const renew = () => {
    renewing ??= options
      .renewUrl?.()
      .catch(() => undefined)
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  };
  const enter = async (own: ConnectOptions): Promise<DatabaseConnection> => {
    const used = address;
    try {
      return await connect(used, own);
    } catch (error) {
      if (!isRejected(error)) throw error;
      const renewed = address === used ? await renew() : address;
      if (renewed === undefined) throw error;
      address = renewed;
      return await connect(address, own);
    }
  };
  const take = async (connection: DatabaseConnection, waitMs: number): Promise<['free' | 'waited', BackendName]> => {
    const [taken, name] = await Promise.all([
      takeMigrationLock(connection, { ...options, waitMs }),
      backendName(connection),
      ...limitOfIdling(connection.serverVersion).map((sql) => connection.query(sql)),
    ]);
    return [taken, name];
  };
  const { lockWaitMs = 120_000 } = options;
  const open = async (
    lock: 'at once' | 'later',
    before?: BackendName,
    waitMs = lockWaitMs,
  ): Promise<DatabaseConnection> => {
    const connection = await enter({
      applicationName,
      observe: enter,
      ...(lock === 'later' ? { statementTimeoutMs: lookTimeoutMs } : {}),
      ...(options.signal && { signal: options.signal }),
      ...(options.quietMs === undefined ? {} : { quietMs: options.quietMs }),
      ...(options.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: options.connectTimeoutMs }),
    });
    try {
      if (before !== undefined) await endBackend(connection, before);
      if (lock === 'at once') [, name] = await take(connection, waitMs);
      return connection;
    } catch (error) {
      await connection.close();
      throw error;
    }
  };
  let name: BackendName | undefined;
  let connection = await open(options.lock ?? 'at once');
  const reopen = async (waitMs?: number) => {
    await connection.close();
    connection = await open('at once', name, waitMs);
  };
  const isAlive = () =>
    connection.query('SELECT 1').then(
      () => true,
      () => false,
    );
  /** Of what is done while the session idles. */
  let idle: AbortController | undefined;
  let pinging: Promise<void> | undefined;
  const keepAlive = async () => {
    if ((await isAlive()) || idle === undefined || options.signal?.aborted === true) return;
    // Where the server is not reached the next ping tries again; what it then finds may be somebody else's lock.
    await reopen(Math.min(lockAgainMs, lockWaitMs)).catch((error: Error) => {
      const taken = error instanceof MigrationLockTimeout && error.holder?.pid !== name?.pid;
      if (taken) idle?.abort(new MigrationLockTaken(error));
    });
  };
  const ping = setInterval(() => {
    pinging ??= keepAlive().finally(() => {
      pinging = undefined;
    });
  }, options.pingMs ?? standardPingMs).unref();
  return {
    get url() {
      return address;
    },
    get connection() {
      return connection;
    },
    async lock() {
      const [[taken, own]] = await Promise.all([
        take(connection, lockWaitMs),
        connection.query('SET statement_timeout = 0'),
      ]);
      name = own;
      return taken;
    },
    async history() {
      const { applied } = await readMigrationHistory(connection);
      return applied.map((row) => row.version);
    },
    reopen: () => reopen(),
    async whileIdle(body) {
      idle = new AbortController();
      const { signal } = idle;
      let stopped = false;
      try {
        return await body(signal);
      } catch (error) {
        stopped = signal.aborted && error === signal.reason;
        throw error;
      } finally {
        idle = undefined;
        await pinging;
        if (!stopped && !(await isAlive()) && options.signal?.aborted !== true) await reopen();
      }
    },
    async close() {
      clearInterval(ping);
      await connection.close();
    },
  };
}

/** For a session that holds the migration lock: sent when it takes it, and again wherever its settings are reset. */
export function limitOfIdling(serverVersion: number): string[] {
  return serverVersion >= 140_000 ? [`SET idle_session_timeout = ${idleLimitMs}`] : [];
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
