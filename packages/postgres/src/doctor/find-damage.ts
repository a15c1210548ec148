import { askReadOnly, everyRow } from '../ask-read-only.ts';
import type { DatabaseConnection } from '../connection.ts';
import type { IntegrityQuery } from '../only-select.ts';

/** What one query found; never a value of a row (S29). */
export type Damage =
  | {
      name: string;
      rows: number;
      /** Unix seconds: the earliest `at` of what it found; absent where it has no such column. */
      first?: number;
    }
  | { name: string; failed: string };

/**
 * Counts what queries find and when it first happened: a query of an audit log, or one that finds damaged rows, each with a column
 * `at` where it knows the time. Read-only, each with its own deadline, and one for all: what comes after it is as one that took too
 * long (57014). Milliseconds. @throws what is no answer of the server.
 */
export async function findDamage(
  connection: DatabaseConnection,
  queries: readonly IntegrityQuery[],
  { eachMs, allMs }: { eachMs: number; allMs: number },
): Promise<Damage[]> {
  const found: Damage[] = [];
  const until = performance.now() + allMs;
  for (const { name, sql } of queries) {
    const leftMs = Math.floor(until - performance.now());
    if (leftMs <= 0) {
      found.push({ name, failed: '57014' });
      continue;
    }
    const answer = await askReadOnly(connection, Math.min(eachMs, leftMs), async () => {
      // Names of tables as people write them: the report itself works without a path.
      await connection.query(`SET LOCAL search_path TO DEFAULT; ${everyRow}`);
      // A parameter makes it one statement: nothing can follow that ends the read-only transaction.
      // Damaged rows have times that are none: infinity, and years that no clock of ours knows.
      const text = `SELECT pg_catalog.count(*)::int AS rows, pg_catalog.date_part('epoch', pg_catalog.min(t.at) FILTER (WHERE
          pg_catalog.isfinite(t.at) AND t.at OPERATOR(pg_catalog.<) '9999-12-31+00'::timestamptz))::float8 AS first
        FROM (${sql}\n) AS q,
          LATERAL (SELECT (pg_catalog.to_jsonb(q) OPERATOR(pg_catalog.->>) 'at')::timestamptz) AS t(at) WHERE $1::int = 1`;
      return await connection.query<{ rows: number; first: number | null }>(text, [1]);
    });
    if ('failed' in answer) found.push({ name, failed: answer.failed });
    else {
      const { rows = 0, first = null } = answer.value[0] ?? {};
      found.push({ name, rows, ...(first !== null && { first }) });
    }
  }
  return found;
}
