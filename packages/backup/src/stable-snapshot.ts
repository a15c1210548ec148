import type { DatabaseConnection } from '#postgres/connection';
import { BackupFailed } from './backup-error.ts';

/** How often the set of tables may change under us before we give up. */
const attempts = 10;
/** Tables named in one LOCK statement. */
const chunk = 200;

// Members of extensions too: pg_dump writes the rows of those that ask for it.
const lockableQuery = `
  SELECT c.oid::text AS oid, format('%I.%I', n.nspname, c.relname) AS name
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
     AND n.nspname !~ '^pg_(toast|temp)'
     AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')
   ORDER BY c.oid`;

interface Lockable {
  oid: string;
  name: string;
}

/**
 * Begins a READ ONLY, REPEATABLE READ transaction whose snapshot is younger than its ACCESS SHARE locks on all readable
 * tables. Without the locks a TRUNCATE or table rewrite that commits between the snapshot and its reader is visible through
 * it: dump and counts would agree on rows that are gone. Where the tables changed meanwhile it starts over.
 * @throws BackupFailed `source_busy` when a lock is not to be had in time, or the tables never stand still.
 */
export async function beginStableSnapshot(
  connection: DatabaseConnection,
  options: { lockTimeoutMs: number; log: (line: string) => void },
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const before = await connection.query<Lockable>(lockableQuery);
    // LOCK takes no snapshot: that of the transaction comes with the first query below, when every lock is held.
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const gone = await lockAll(connection, before, options.lockTimeoutMs);
    const after = gone ? [] : await connection.query<Lockable>(lockableQuery);
    if (!gone && sameTables(before, after)) return;
    await connection.query('ROLLBACK');
    options.log(
      `tables were created or dropped while they were being locked; starting over (${attempt} of ${attempts})`,
    );
  }
  throw new BackupFailed(
    'source_busy',
    `tables were created or dropped ${attempts} times while they were being locked for the backup: stop what does that, or back up at a quieter time`,
  );
}

/** True when one of them is gone. */
async function lockAll(
  connection: DatabaseConnection,
  tables: readonly Lockable[],
  lockTimeoutMs: number,
): Promise<boolean> {
  await connection.query(`SET LOCAL lock_timeout = ${Math.round(lockTimeoutMs)}`);
  for (let from = 0; from < tables.length; from += chunk) {
    const names = tables.slice(from, from + chunk).map((table) => `ONLY ${table.name}`);
    try {
      await connection.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      // Undefined table, undefined schema, deadlock.
      if (code === '42P01' || code === '3F000' || code === '40P01') return true;
      throw new BackupFailed('source_busy', lockFailed(code, message, lockTimeoutMs), { cause: error });
    }
  }
  await connection.query('SET LOCAL lock_timeout = 0');
  return false;
}

function lockFailed(code: string | undefined, message: string, lockTimeoutMs: number): string {
  if (code === '55P03') {
    return `a table is held exclusively by another session for more than ${lockTimeoutMs / 1000} s, so that it cannot be read for the backup: let that session end (pg_stat_activity, pg_blocking_pids) and run again`;
  }
  if (code === '53200') {
    return 'the server has no room for one lock on every table: raise max_locks_per_transaction (it needs a restart)';
  }
  return `the tables could not be locked for reading: ${message}`;
}

/** Whether two listings, both in the order of their ids, name the same tables. Pure. */
export function sameTables(before: readonly Lockable[], after: readonly Lockable[]): boolean {
  return (
    before.length === after.length &&
    before.every((table, index) => table.oid === after[index]?.oid && table.name === after[index]?.name)
  );
}
