import type { DatabaseConnection } from './connection.ts';
import { sqlstateOf } from './database-error.ts';
import { describeObject, parseObject } from './expected-objects.ts';
import { findMissing } from './find-missing.ts';

export interface IntegrityChecks {
  /** Names of tables that have to be there, e.g. `public.notes`. */
  tables: readonly string[];
  /** Each finds what is wrong: a row that it returns is a fault. */
  queries: readonly { name: string; sql: string }[];
  /** Views that were not read before: what is broken already, or may have been, is no fault of what ran since. */
  broken: ReadonlySet<string>;
}

/** Of one query, of one look into a view, and of all looks together; milliseconds. */
const queryTimeoutMs = 60_000;
const viewTimes = { eachMs: 5_000, allMs: 60_000 };
const viewLimit = 500;

/** Names and numbers, never values (S29). Changes nothing. */
export async function checkIntegrity(
  connection: DatabaseConnection,
  { tables, queries, broken }: IntegrityChecks,
): Promise<{ faults: string[]; passed: string[] }> {
  const faults: string[] = [];
  const passed: string[] = [];
  const named = tables.flatMap((name) => parseObject(`table ${name}`) ?? []);
  const missing = new Set((await findMissing(connection, named)).map(describeObject));
  for (const table of named.map(describeObject)) {
    if (missing.has(table)) faults.push(`${table} is missing`);
    else passed.push(`${table} is there`);
  }
  for (const { name, sql } of queries) {
    // A parameter makes it one statement: nothing can follow that ends the read-only transaction.
    const text = `SELECT pg_catalog.count(*)::int AS rows FROM (${sql}\n) AS q WHERE $1::int = 1`;
    const answer = await readOnly(
      connection,
      queryTimeoutMs,
      async () => await connection.query<{ rows: number }>(text, [1]),
    );
    if ('failed' in answer) faults.push(`${name} could not be checked (${answer.failed})`);
    else if (answer.value[0]?.rows === 0) passed.push(`${name} found nothing wrong`);
    else faults.push(`${name} found ${answer.value[0]?.rows} rows that are wrong`);
  }
  const views = await brokenViews(connection);
  const newly = [...views.broken].filter(([view]) => !broken.has(view));
  faults.push(...newly.map(([view, state]) => `view ${view} cannot be read any more (SQLSTATE ${state})`));
  const total = views.total > viewLimit ? `more than ${viewLimit}` : views.total;
  if (newly.length === 0 && views.looked > 0) passed.push(`${views.looked} of ${total} views can be read as before`);
  return { faults, passed };
}

/**
 * Views of the migrating role that fail when they are read, with their SQLSTATE: PostgreSQL keeps a view from losing its columns,
 * not the bodies of functions that it calls. Views of others are not looked into, because reading one runs what its owner wrote
 * with our rights (S24). The look ends in time: `looked` counts what could be read, `unread` names what was too slow or not
 * reached.
 */
export async function brokenViews(
  connection: DatabaseConnection,
  { eachMs, allMs } = viewTimes,
): Promise<{ looked: number; total: number; broken: ReadonlyMap<string, string>; unread: string[] }> {
  const views = await connection.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'v' AND n.nspname !~ '^(pg_|information_schema$)'
        AND c.relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
             WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e')
      ORDER BY 1 LIMIT ${viewLimit + 1}`,
  );
  const broken = new Map<string, string>();
  const unread: string[] = [];
  const until = performance.now() + allMs;
  for (const [index, { name }] of views.entries()) {
    if (index === viewLimit || performance.now() > until) {
      unread.push(name);
      continue;
    }
    const read = await readOnly(connection, eachMs, () => connection.query(`SELECT * FROM ${name} LIMIT 1`));
    if (!('failed' in read)) continue;
    // A slow view is not a broken one.
    if (read.failed === '57014') unread.push(name);
    else broken.set(name, read.failed);
  }
  const looked = views.length - broken.size - unread.length;
  return { looked, total: views.length, broken, unread };
}

/** @throws what is no answer of the server. */
async function readOnly<T>(
  connection: DatabaseConnection,
  timeoutMs: number,
  ask: () => Promise<T>,
): Promise<{ value: T } | { failed: string }> {
  await connection.query(`BEGIN READ ONLY; SET LOCAL statement_timeout = ${timeoutMs}`);
  try {
    return { value: await ask() };
  } catch (error) {
    const failed = sqlstateOf(error);
    if (failed === undefined) throw error;
    return { failed };
  } finally {
    await connection.query('ROLLBACK').catch(() => {});
  }
}
