import { askReadOnly } from './ask-read-only.ts';
import type { DatabaseConnection } from './connection.ts';
import { checkFunctions } from './doctor/check-functions.ts';

/** Of one look into a view, and of all of them together; milliseconds. */
const viewTimes = { eachMs: 5_000, allMs: 60_000 };
const viewLimit = 500;

/** What does not fit the schema, and how much could be looked at. */
export interface BrokenObjects {
  /** Names of views, e.g. `public.v`, with the SQLSTATE of reading them. */
  views: { broken: ReadonlyMap<string, string>; unread: readonly string[]; looked: number; total: number };
  /** Functions with the types of their arguments, e.g. `public.f(integer)`, and what is wrong with their bodies. */
  functions: { broken: ReadonlyMap<string, string>; checked: number; unchecked: readonly string[] };
}

/**
 * Looks into the views of the migrating role, and lets the server check the bodies of functions where that role has some: names
 * in SQL, syntax in PL/pgSQL. Changes nothing.
 */
export async function readBrokenObjects(connection: DatabaseConnection): Promise<BrokenObjects> {
  return { views: await brokenViews(connection), functions: await brokenFunctions(connection) };
}

/**
 * What cannot be used any more, and what could be looked at. `before`: what was broken already, or may have been because nobody
 * looked at it, is no fault of what ran since, also where dropping others has brought it into the look afterwards. Names and SQLSTATEs only (S29). Pure.
 */
export function newlyBroken(before: BrokenObjects, after: BrokenObjects): { faults: string[]; passed: string[] } {
  const known = new Set([...before.views.broken.keys(), ...before.views.unread]);
  const views = [...after.views.broken].filter(([view]) => !known.has(view));
  const knownFunctions = new Set([...before.functions.broken.keys(), ...before.functions.unchecked]);
  const functions = [...after.functions.broken].filter(([name]) => !knownFunctions.has(name));
  const { looked, total } = after.views;
  const { checked, unchecked } = after.functions;
  return {
    faults: [
      ...views.map(([view, state]) => `view ${view} cannot be read any more (SQLSTATE ${state})`),
      ...functions.map(([name, why]) => `function ${name} does not fit the schema any more: ${why}`),
    ],
    passed: [
      ...(views.length === 0 && looked > 0 ? [`${looked} of ${total} views can be read as before`] : []),
      ...(functions.length === 0 && checked > 0
        ? [`the bodies of ${checked} of ${checked + unchecked.length} functions fit as before (of PL/pgSQL the syntax)`]
        : []),
    ],
  };
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
): Promise<BrokenObjects['views']> {
  const views = await connection.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'v' AND n.nspname !~ '^(pg_|information_schema$)'
        AND c.relowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
             WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e')
      ORDER BY 1`,
  );
  const broken = new Map<string, string>();
  const unread: string[] = [];
  const until = performance.now() + allMs;
  for (const [index, { name }] of views.entries()) {
    if (index >= viewLimit || performance.now() > until) {
      unread.push(name);
      continue;
    }
    const read = await askReadOnly(connection, eachMs, () => connection.query(`SELECT * FROM ${name} LIMIT 1`));
    if (!('failed' in read)) continue;
    // A slow view is not a broken one.
    if (read.failed === '57014') unread.push(name);
    else broken.set(name, read.failed);
  }
  return { looked: views.length - broken.size - unread.length, total: views.length, broken, unread };
}

async function brokenFunctions(connection: DatabaseConnection): Promise<BrokenObjects['functions']> {
  // Where the platform alone has functions there is nothing that a migration of ours could break.
  const schemas = await connection.query<{ name: string }>(
    `SELECT DISTINCT n.nspname AS name
       FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE n.nspname !~ '^(pg_|information_schema$)'
        AND p.proowner = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)`,
  );
  const names = schemas.map(({ name }) => name);
  const { broken, checked, skippedNames: unchecked } = await checkFunctions(connection, names);
  await connection.query('RESET search_path');
  return { broken: new Map(broken.map((one) => [`${one.schema}.${one.function}`, one.problem])), checked, unchecked };
}
