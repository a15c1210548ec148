import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseConnection } from './connection.ts';
import { changedBackend } from './database-url.ts';
import { loadSqlParser } from './sql-parser.ts';

/** Who holds the lock; what describes it in words leaves the statement out, for those words reach issues and chats (S23). */
export interface LockHolder {
  pid: number;
  application: string;
  /** Role that it logged in as; empty where the session is gone by now. */
  user: string;
  /** Seconds since that session began. */
  seconds: number;
  /** Of a blocker its last statement with literals as `$n` (S29); absent where our role may not see it. */
  statement?: string;
}

export class MigrationLockTimeout extends Error {
  readonly holder: LockHolder | undefined;
  constructor(waitedMs: number, holder: LockHolder | undefined) {
    const who = holder === undefined ? 'another session' : describeHolder(holder);
    super(`another migration is running: ${who} still holds the migration lock after ${Math.round(waitedMs / 1000)} s`);
    this.name = 'MigrationLockTimeout';
    this.holder = holder;
  }
}

function describeHolder(holder: LockHolder): string {
  return `${nameOf(holder)}, connected for ${Math.round(holder.seconds)} s)`;
}

/** For a session that stands in the way: `seconds` counts from the start of its transaction. */
export function describeBlocker(holder: LockHolder): string {
  return `${nameOf(holder)}, in a transaction for ${Math.round(holder.seconds)} s)`;
}

function nameOf({ pid, application, user }: LockHolder): string {
  return `session ${pid} (${application || 'no application name'} as ${user || 'nobody'}`;
}

// ASCII "ops" and the first of our locks; advisory locks are per database.
const lockKeys = [0x6f7073, 1] as const;

/**
 * Takes the advisory lock of all our migrations for this session (trap 29). It asks again and again from an idle session:
 * waiting inside pg_advisory_lock would hold a snapshot that a concurrent index build waits for.
 * `free`: nobody held it. @throws MigrationLockTimeout after `waitMs`, DatabaseUrlError where a pooler changes the server process.
 */
export async function takeMigrationLock(
  connection: DatabaseConnection,
  options: { waitMs: number; pollMs?: number; signal?: AbortSignal; onWait?: (holder: LockHolder | undefined) => void },
): Promise<'free' | 'waited'> {
  const started = performance.now();
  let announced = false;
  for (;;) {
    options.signal?.throwIfAborted();
    // In another process than before it would be lost with this statement, and stay with whom the pooler gives that next.
    const [row] = await connection.query<{ same: boolean; taken: boolean }>(
      `SELECT pg_backend_pid() = $3 AS same,
              CASE WHEN pg_backend_pid() = $3 THEN pg_try_advisory_lock($1, $2) ELSE false END AS taken`,
      [...lockKeys, connection.processId],
    );
    if (row?.same === false) throw changedBackend();
    if (row?.taken === true) return announced ? 'waited' : 'free';
    const waited = performance.now() - started;
    const holder = await migrationLockHolder(connection);
    if (waited >= options.waitMs) throw new MigrationLockTimeout(waited, holder);
    if (!announced) options.onWait?.(holder);
    announced = true;
    const pause = Math.min(options.pollMs ?? 500, Math.max(1, options.waitMs - waited));
    await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}

/** The session that holds the lock of our migrations, if any. */
export async function migrationLockHolder(connection: DatabaseConnection): Promise<LockHolder | undefined> {
  const [row] = await connection.query<HolderRow>(
    `SELECT l.pid, a.application_name AS application, a.usename AS user, extract(epoch FROM clock_timestamp() - a.backend_start) AS seconds
       FROM pg_catalog.pg_locks AS l LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
      WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1 AND l.objid = $2 AND l.objsubid = 2
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())`,
    [...lockKeys],
  );
  return row === undefined ? undefined : holderOf(row);
}

/** The sessions that `pid` waits for right now; `seconds` is the age of their transactions. */
export async function blockersOf(observer: DatabaseConnection, pid: number): Promise<LockHolder[]> {
  const rows = await observer.query<HolderRow & { query: string | null }>(
    `SELECT b.pid, a.application_name AS application, a.usename AS user, extract(epoch FROM clock_timestamp() - a.xact_start) AS seconds, a.query
       FROM unnest(pg_catalog.pg_blocking_pids($1)) AS b(pid) LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = b.pid`,
    [pid],
  );
  if (rows.length === 0) return [];
  const { normalise } = await loadSqlParser();
  return rows.map(({ query, ...row }) => ({
    ...holderOf(row),
    ...(query === null || query === '' || query === hidden ? {} : { statement: normalise(query) }),
  }));
}

/** All but the process id is null where the session has ended meanwhile. */
interface HolderRow {
  pid: number;
  application: string | null;
  user: string | null;
  seconds: string | null;
}

function holderOf({ pid, application, user, seconds }: HolderRow): LockHolder {
  return { pid, application: application ?? '', user: user ?? '', seconds: Number(seconds ?? 0) };
}

/** What pg_stat_activity shows of sessions of other roles (PostgreSQL: backend/utils/adt/pgstatfuncs.c). */
const hidden = '<insufficient privilege>';
