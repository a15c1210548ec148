import { setTimeout as wait } from 'node:timers/promises';
import { connect, type DatabaseConnection } from '#postgres/connection';

/** Numbers (oid) that the server gave to tables, by name: whoever drops a table and makes it anew gets another one. */
export type TableNumbers = ReadonlyMap<string, string>;

/** `tables` as SQL writes them, with their schema; of those that are there. */
export async function readTableNumbers(
  connection: DatabaseConnection,
  tables: readonly string[],
): Promise<TableNumbers> {
  const rows = await connection.query<{ name: string; number: string }>(
    `SELECT * FROM (SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS name, c.oid::int8::text AS number
       FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p')) AS t
      WHERE t.name = ANY ($1::text[])`,
    [tables],
  );
  return new Map(rows.map(({ name, number }) => [name, number]));
}

/**
 * Which state a database has after a restore in one transaction of which nobody heard the end: its session is ended where it can be
 * found, and every table that it drops has another number where it was committed. `old` only where the transaction is over for sure,
 * because it is locked no more; undefined: nobody can tell. Never rejects.
 */
export async function settleRestore(
  url: string,
  given: {
    /** Of the session of the restore, and of no other one. */
    applicationName: string;
    tables: readonly string[];
    before: TableNumbers;
    /** Of each step; milliseconds. */
    limitMs: number;
  },
): Promise<'old' | 'restored' | undefined> {
  const { applicationName, tables, before, limitMs } = given;
  let connection: DatabaseConnection | undefined;
  try {
    connection = await connect(url, {
      ...{ applicationName: 'ops-actions restore', connectTimeoutMs: limitMs, statementTimeoutMs: limitMs },
      ...{ lockTimeoutMs: limitMs, quietMs: limitMs },
    });
    const ended = await endSession(connection, applicationName, limitMs);
    if (isReplaced(before, await readTableNumbers(connection, tables))) return 'restored';
    const [locked] = before.keys();
    if (locked === undefined) return ended ? 'old' : undefined;
    // A pooler may give the session another name; what it dropped stays locked until its transaction is over.
    await connection.query(`BEGIN; LOCK TABLE ${locked} IN ACCESS SHARE MODE; COMMIT`);
    return isReplaced(before, await readTableNumbers(connection, tables)) ? 'restored' : 'old';
  } catch {
    return undefined;
  } finally {
    await connection?.close().catch(() => {});
  }
}

/** Pure. */
export function isReplaced(before: TableNumbers, after: TableNumbers): boolean {
  return before.size !== after.size || [...before].some(([name, number]) => after.get(name) !== number);
}

/** True where it was there and is gone. */
async function endSession(connection: DatabaseConnection, name: string, limitMs: number): Promise<boolean> {
  const find = (what: string) =>
    connection.query(`SELECT ${what} FROM pg_catalog.pg_stat_activity AS a WHERE a.application_name = $1`, [name]);
  const found = await find('pg_catalog.pg_terminate_backend(a.pid)');
  for (const endsAt = performance.now() + limitMs; (await find('a.pid')).length > 0; ) {
    if (performance.now() > endsAt) return false;
    await wait(50);
  }
  return found.length > 0;
}
