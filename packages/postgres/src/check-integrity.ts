import { askReadOnly, everyRow } from './ask-read-only.ts';
import { type BrokenObjects, newlyBroken, readBrokenObjects } from './broken-objects.ts';
import type { DatabaseConnection } from './connection.ts';
import type { IntegrityQuery } from './only-select.ts';

export interface IntegrityChecks {
  /** Names of tables that have to be there, e.g. `public.notes`; without schema: in any. */
  tables: readonly string[];
  /** Rows of these tables are counted, which reads them whole. */
  countRows?: boolean;
  queries: readonly IntegrityQuery[];
  /** A query from which row security would hide rows cannot be checked, for a role that is not the one which owns all tables. */
  everyRow?: boolean;
  /** Views and functions as they were before; undefined: they are not looked into. */
  before?: BrokenObjects;
  /** Of one table or query; milliseconds. */
  timeoutMs: number;
}

/**
 * Looks at a database after something was done to it: names and numbers, never values (S29). Changes nothing.
 * @throws what is no answer of the server.
 */
export async function checkIntegrity(
  connection: DatabaseConnection,
  { tables, countRows = false, queries, everyRow: all = false, before, timeoutMs }: IntegrityChecks,
): Promise<{ faults: string[]; passed: string[] }> {
  const faults: string[] = [];
  const passed: string[] = [];
  for (const table of tables) {
    const answer = await askReadOnly(connection, timeoutMs, () => lookAtTable(connection, table, countRows));
    if ('failed' in answer) faults.push(`table ${table} cannot be read (SQLSTATE ${answer.failed})`);
    else if (answer.value === undefined) faults.push(`table ${table} is missing`);
    else passed.push(`table ${table}${answer.value}`);
  }
  for (const { name, sql } of queries) {
    // A parameter makes it one statement: nothing can follow that ends the read-only transaction.
    const text = `SELECT pg_catalog.count(*)::int AS rows FROM (${sql}\n) AS q WHERE $1::int = 1`;
    const answer = await askReadOnly(connection, timeoutMs, async () => {
      if (all) await connection.query(everyRow);
      return await connection.query<{ rows: number }>(text, [1]);
    });
    if ('failed' in answer) faults.push(`${name}: cannot be checked (SQLSTATE ${answer.failed})`);
    else if (answer.value[0]?.rows === 0) passed.push(`${name}: nothing found`);
    else faults.push(`${name}: ${countOf(answer.value[0]?.rows ?? 0)}`);
  }
  if (before === undefined) return { faults, passed };
  const objects = newlyBroken(before, await readBrokenObjects(connection));
  return { faults: [...faults, ...objects.faults], passed: [...passed, ...objects.passed] };
}

/** What is to be said behind its name; undefined: it is not there. */
async function lookAtTable(
  connection: DatabaseConnection,
  table: string,
  countRows: boolean,
): Promise<string | undefined> {
  // As the server itself quotes it.
  const [found] = await connection.query<{ name: string | null }>(
    `SELECT coalesce(pg_catalog.to_regclass($1)::pg_catalog.oid,
              (SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname = $1 AND c.relkind IN ('r', 'p', 'f') LIMIT 1)
            )::pg_catalog.regclass::text AS name`,
    [table],
  );
  const name = found?.name ?? undefined;
  if (name === undefined) return undefined;
  if (!countRows) return ' is there';
  const [row] = await connection.query<{ rows: number }>(`SELECT pg_catalog.count(*)::float8 AS rows FROM ${name}`);
  return `: ${countOf(row?.rows ?? 0)}`;
}

function countOf(rows: number): string {
  return `${rows} row${rows === 1 ? '' : 's'}`;
}
