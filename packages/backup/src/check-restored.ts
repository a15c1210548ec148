import { connect, type DatabaseConnection } from '#postgres/connection';
import { sqlstateOf } from '#postgres/database-error';

export interface RestoreChecks {
  /** Names of tables that have to be there, e.g. `public.notes`. */
  tables: readonly string[];
  /** Each finds what is wrong: a row that it returns is a fault. */
  queries: readonly { name: string; sql: string }[];
}

const queryTimeoutMs = 5 * 60_000;

/**
 * Looks at a database after it was restored, without changing anything. Faults by name and number, never with values (S29);
 * `seen` are the tables that are there, with their rows. @throws DatabaseUnreachable
 */
export async function checkRestored(
  url: string,
  checks: RestoreChecks,
  signal?: AbortSignal,
): Promise<{ faults: string[]; seen: string[] }> {
  const connection = await connect(url, {
    applicationName: 'ops-actions restore',
    statementTimeoutMs: queryTimeoutMs,
    ...(signal === undefined ? {} : { signal }),
  });
  const faults: string[] = [];
  const seen: string[] = [];
  const look = async (name: string, ask: () => Promise<void>) => {
    try {
      await connection.query('BEGIN READ ONLY');
      await ask();
    } catch (error) {
      signal?.throwIfAborted();
      faults.push(`${name}: cannot be checked (${sqlstateOf(error) ?? 'the connection was lost'})`);
    } finally {
      await connection.query('ROLLBACK').catch(() => {});
    }
  };
  try {
    for (const table of checks.tables) await look(table, () => countRows(connection, table, { faults, seen }));
    for (const { name, sql } of checks.queries)
      await look(name, async () => {
        // A parameter makes it one statement: nothing can follow that ends the read-only transaction.
        const text = `SELECT pg_catalog.count(*)::int AS rows FROM (${sql}\n) AS q WHERE $1::int = 1`;
        const [row] = await connection.query<{ rows: number }>(text, [1]);
        if (row?.rows !== 0) faults.push(`${name}: ${row?.rows} row${row?.rows === 1 ? '' : 's'}`);
      });
    return { faults, seen };
  } finally {
    await connection.close();
  }
}

async function countRows(
  connection: DatabaseConnection,
  table: string,
  { faults, seen }: { faults: string[]; seen: string[] },
): Promise<void> {
  const [found] = await connection.query<{ name: string | null }>('SELECT pg_catalog.to_regclass($1)::text AS name', [
    table,
  ]);
  const name = found?.name ?? undefined;
  if (name === undefined) {
    faults.push(`${table} is missing`);
    return;
  }
  // As the server itself quotes it.
  const [row] = await connection.query<{ rows: string }>(`SELECT pg_catalog.count(*)::text AS rows FROM ${name}`);
  seen.push(`${table}: ${row?.rows} rows`);
}

/** `name: SELECT …`, one a line. Pure. */
export function parseChecks(lines: readonly string[]): { queries: RestoreChecks['queries']; wrong: string[] } {
  const wrong: string[] = [];
  const queries = lines.flatMap((line) => {
    const match = /^([\w .-]{1,60}):\s*((?:select|with)\s[\s\S]+?);?\s*$/i.exec(line);
    if (match === null) wrong.push(line);
    return match === null ? [] : [{ name: match[1] ?? '', sql: match[2] ?? '' }];
  });
  return { queries, wrong };
}
