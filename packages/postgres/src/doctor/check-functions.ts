import type { DatabaseConnection } from '../connection.ts';
import { databaseErrorFacts, isConnectionLost, sqlstateOf } from '../database-error.ts';

/** A function whose body does not fit the schema any more. */
export interface BrokenFunction {
  schema: string;
  /** With the types of its arguments. */
  function: string;
  problem: string;
}

export interface CheckedFunctions {
  broken: BrokenFunction[];
  checked: number;
  /** Not looked at: too many, no right to, or a table that they name is locked. */
  skipped: number;
}

interface SkippedNames {
  /** Such as `public.f(integer)`; as many as were skipped. */
  skippedNames: string[];
}

const mostFunctions = 300;

const listQuery = `
  SELECT p.oid::text AS oid, n.nspname AS schema,
         p.proname || '(' || pg_catalog.pg_get_function_identity_arguments(p.oid) || ')' AS "function", l.lanname AS language,
         (SELECT pg_catalog.substring(c, 13) FROM pg_catalog.unnest(p.proconfig) AS c WHERE c LIKE 'search_path=%') AS path
    FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
   WHERE l.lanname IN ('sql', 'plpgsql') AND n.nspname = ANY ($1::text[])
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.objid = p.oid AND d.deptype = 'e')
   ORDER BY 2, 3`;

/** No right to it, or somebody holds what it names: says nothing about the body. */
const notItsFault = new Set(['42501', '55P03', '57014']);

/**
 * Lets the server check function bodies as it does when they are created, each under its own search_path or the one that
 * sessions start with: the names in a body in SQL, the syntax of one in PL/pgSQL. SELECT only. Leaves search_path empty.
 */
export async function checkFunctions(
  connection: DatabaseConnection,
  schemas: readonly string[],
): Promise<CheckedFunctions & SkippedNames> {
  const rows = await connection.query<{
    oid: string;
    schema: string;
    function: string;
    language: string;
    path: string | null;
  }>(listQuery, [schemas]);
  const [{ standard = '' } = {}] = await connection.query<{ standard: string }>(
    "SELECT reset_val AS standard FROM pg_catalog.pg_settings WHERE name = 'search_path'",
  );
  const nameOf = (row: { schema: string; function: string }) => `${row.schema}.${row.function}`;
  const broken: BrokenFunction[] = [];
  const skippedNames = rows.slice(mostFunctions).map(nameOf);
  let checked = 0;
  const searchIn = (path: string) => connection.query("SELECT pg_catalog.set_config('search_path', $1, false)", [path]);
  for (const row of rows.slice(0, mostFunctions)) {
    const validator = row.language === 'sql' ? 'fmgr_sql_validator' : 'plpgsql_validator';
    try {
      await searchIn(row.path ?? standard);
      await connection.query(`SELECT pg_catalog.${validator}($1::pg_catalog.oid)`, [row.oid]);
      checked += 1;
    } catch (error) {
      if (isConnectionLost(error)) throw error;
      if (notItsFault.has(sqlstateOf(error) ?? '')) {
        skippedNames.push(nameOf(row));
        continue;
      }
      checked += 1;
      const { sqlstate, message } = databaseErrorFacts(error);
      const problem = `${message} (${sqlstate ?? 'no SQLSTATE'})`;
      broken.push({ schema: row.schema, function: row.function, problem });
    }
  }
  await searchIn('');
  return { broken, checked, skipped: skippedNames.length, skippedNames };
}
