import type { DatabaseConnection } from './connection.ts';
import type { SessionLook } from './silence-watch.ts';

/**
 * Looks over a connection of its own what the server does for the session of a process, or of a name that no other one has. A role sees its own sessions, whatever
 * else it may see. Never rejects.
 */
export async function lookAtSession(
  open: () => Promise<DatabaseConnection>,
  whom: { pid: number } | { applicationName: string },
  deadlineMs: number,
): Promise<SessionLook> {
  let observer: DatabaseConnection | undefined;
  const late = Promise.withResolvers<'no-answer'>();
  const timer = setTimeout(() => late.resolve('no-answer'), deadlineMs);
  try {
    observer = await open();
    return await Promise.race([readState(observer, whom), late.promise]);
  } catch (error) {
    if (isRejected(error)) return 'rejected';
    return answersOf(error) ? 'refused' : 'no-answer';
  } finally {
    clearTimeout(timer);
    void observer?.close();
  }
}

async function readState(
  observer: DatabaseConnection,
  whom: { pid: number } | { applicationName: string },
): Promise<SessionLook> {
  const [column, value] = 'pid' in whom ? ['pid', whom.pid] : ['application_name', whom.applicationName];
  const [row] = await observer.query<{ state: string | null; waits: string | null }>(
    `SELECT state, wait_event_type AS waits FROM pg_catalog.pg_stat_activity WHERE ${column} = $1`,
    [value],
  );
  if (row === undefined) return 'gone';
  // Waiting for the client itself, to read more of a message or to take an answer, is no work.
  const forUs = row.waits === 'Client';
  return row.state?.startsWith('idle') === true || forUs ? 'idle' : 'working';
}

/** True where the server does not take this user with this password (class 28), as when the password of a login role has ended. */
export function isRejected(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^28[0-9A-Z]{3}$/.test(code);
}

/** True where the server itself said no, e.g. for want of connections; one that starts or stops has ended all sessions. */
function answersOf(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(?:\d|F0|HV|P0|XX)[0-9A-Z]{3,4}$/.test(code) && !code.startsWith('57P0');
}
