import { askReadOnly, everyRow } from './ask-read-only.ts';
import type { DatabaseConnection } from './connection.ts';

/**
 * Counts the rows of tables by their names, each on its own: `gone` where there is no such table, the SQLSTATE where it cannot be
 * counted, also because row security would hide some of its rows. Tables for which no time is left are missing. Changes nothing.
 * @throws what is no answer of the server.
 */
export async function countTables(
  connection: DatabaseConnection,
  names: readonly string[],
  limits: {
    /** Of one table, milliseconds. */ timeoutMs: number /** True when no further one is begun. */;
    over(): boolean;
  },
): Promise<Map<string, { rows: number } | 'gone' | { failed: string }>> {
  const counted = new Map<string, { rows: number } | 'gone' | { failed: string }>();
  for (const name of names) {
    if (limits.over()) break;
    const answer = await askReadOnly(connection, limits.timeoutMs, async () => {
      await connection.query(everyRow);
      // As the server itself quotes it; a view would run what somebody else wrote (S24).
      const [found] = await connection.query<{ name: string }>(
        `SELECT format('%I.%I', n.nspname, c.relname) AS name
           FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE c.oid = pg_catalog.to_regclass($1) AND c.relkind IN ('r', 'p')`,
        [name],
      );
      if (found === undefined) return 'gone' as const;
      // As a backup counts: partitions and children are tables of their own.
      const [row] = await connection.query<{ rows: number }>(
        `SELECT pg_catalog.count(*)::float8 AS rows FROM ONLY ${found.name}`,
      );
      return { rows: row?.rows ?? 0 };
    });
    counted.set(name, 'failed' in answer ? answer : answer.value);
  }
  return counted;
}
