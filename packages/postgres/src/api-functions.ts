import type { DatabaseConnection } from './connection.ts';
import type { MigrationFile } from './read-migrations.ts';
import { children, stringList } from './sql-names.ts';
import { loadSqlParser } from './sql-parser.ts';

/** A function that the Data API could call by the names of its arguments. */
export interface ApiFunction {
  schema: string;
  name: string;
  /** Names of what is passed in, in order. */
  parameters: string[];
}

// What PostgREST leaves out of its cache of routines (its query for functions): procedures, aggregates, triggers. Functions with an
// argument without a name are called in another way and left out here.
const query = `
  SELECT DISTINCT n.nspname::text AS schema, p.proname::text AS name, taken.names AS parameters
    FROM unnest($1::text[], $2::text[]) AS asked (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema::pg_catalog.name
    JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = asked.name::pg_catalog.name
   CROSS JOIN LATERAL (
     SELECT coalesce(array_agg(coalesce(p.proargnames[k], '') ORDER BY k), '{}') AS names
       FROM generate_series(1, coalesce(array_length(p.proallargtypes, 1), p.pronargs)) AS k
      WHERE coalesce(p.proargmodes[k], 'i') IN ('i', 'b', 'v')) AS taken
   WHERE p.prokind = 'f' AND p.prorettype <> ALL ('{trigger,event_trigger}'::regtype[]) AND NOT '' = ANY (taken.names)
   ORDER BY 1, 2, 3`;

/** The functions that these files made or replaced, as the catalog has them now; of `public` where a file names no schema. */
export async function functionsOfFiles(
  connection: DatabaseConnection,
  files: readonly MigrationFile[],
): Promise<ApiFunction[]> {
  const parser = await loadSqlParser();
  const made = files.flatMap(({ sql }) => {
    const parsed = parser.parse(sql);
    return 'file' in parsed ? parsed.file.statements.filter(({ kind }) => kind === 'CreateFunctionStmt') : [];
  });
  if (made.length === 0) return [];
  const paths = made.map(({ node }) => stringList(children(node, 'funcname')));
  return await connection.query<ApiFunction>(query, [
    paths.map((path) => path.at(-2) ?? 'public'),
    paths.map((path) => path.at(-1) ?? ''),
  ]);
}
