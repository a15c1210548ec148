import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseConnection } from '../connection.ts';
import { isConnectionLost, sqlstateOf } from '../database-error.ts';

/** What became of the sessions that others had open. */
export interface EndedSessions {
  ended: number;
  /** Users whose sessions are still there, each once: our role may not end them, or they did not end in time. */
  left: string[];
}

// Whose kind is hidden from our role may be a client's; the server's own have no user.
const listed = `SELECT a.pid, a.backend_start::text AS began, coalesce(a.usename, '') AS user FROM pg_catalog.pg_stat_activity AS a
  WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.usesysid IS NOT NULL
    AND coalesce(a.backend_type, 'client backend') = 'client backend' AND a.application_name NOT LIKE 'ops-actions%'`;

/**
 * Ends the sessions that clients have open in the database, those of the platform's services too, which open new ones: what the
 * database says of new sessions counts for nobody before. Ours stay, and so does whoever only replicates. Each is named by pid
 * and start, because a pid is used again quickly. @throws DatabaseUnreachable of a connection that was lost
 */
export async function endClientSessions(connection: DatabaseConnection, waitMs = 5_000): Promise<EndedSessions> {
  const found = await connection.query<{ pid: number; began: string | null; user: string }>(listed);
  for (const { pid, began } of found) {
    // Without pg_read_all_stats the server hides when a session of another user began: it is left.
    if (began === null) continue;
    try {
      await connection.query(
        `SELECT pg_catalog.pg_terminate_backend(a.pid) FROM pg_catalog.pg_stat_activity AS a
          WHERE a.pid = $1 AND a.backend_start::text = $2`,
        [pid, began],
      );
    } catch (error) {
      // 42501: of a superuser, or of a role that ours is no member of.
      if (isConnectionLost(error) || sqlstateOf(error) !== '42501') throw error;
    }
  }
  const deadline = performance.now() + waitMs;
  for (;;) {
    const now = await connection.query<{ pid: number; began: string | null; user: string }>(listed);
    const left = found.filter(({ pid, began }) => now.some((one) => one.pid === pid && one.began === began));
    // Who may not see them cannot wait for them.
    const hopeless = left.every(({ began }) => began === null);
    if (left.length === 0 || hopeless || performance.now() >= deadline) {
      const users = [...new Set(left.map(({ user }) => user))].sort();
      return { ended: found.length - left.length, left: users };
    }
    await delay(50);
  }
}
