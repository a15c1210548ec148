import type { DatabaseConnection } from './connection.ts';
import { foreignSchemas } from './read-schema.ts';

/** Something about the schema that a person should know; definitions only, never a row. */
export interface SchemaAdvice {
  rule:
    | 'table-without-row-security'
    | 'table-without-policy'
    | 'policy-allows-everything'
    | 'view-of-its-owner'
    | 'function-without-search-path'
    | 'foreign-key-without-index';
  /** `public.notes`, or the object with its table. */
  object: string;
  message: string;
}

const foreign = foreignSchemas.map((name) => `'${name}'`).join(', ');
const own = `n.nspname NOT IN (${foreign}) AND n.nspname NOT LIKE 'pg\\_%'`;
/** Who comes in through the Data API of Supabase; a database without these roles has none. */
const visitors = `(SELECT oid FROM pg_catalog.pg_roles WHERE rolname IN ('anon', 'authenticated'))`;
const reachable = `EXISTS (SELECT FROM ${visitors} AS r (oid)
   WHERE pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
     AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))`;

const query = `
  SELECT 'table-without-row-security' AS rule, format('%I.%I', n.nspname, c.relname) AS object,
         'anon or authenticated may use it and row level security is off: everybody reads or writes every row' AS message
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND ${own} AND NOT c.relrowsecurity AND ${reachable}
  UNION ALL
  SELECT 'table-without-policy', format('%I.%I', n.nspname, c.relname),
         'row level security is on and no policy lets anybody in: visitors see no row'
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p') AND ${own} AND c.relrowsecurity AND ${reachable}
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid)
  UNION ALL
  SELECT 'policy-allows-everything', format('%s on %I.%I', p.polname, n.nspname, c.relname),
         'the policy lets every visitor write every row: its condition is true'
    FROM pg_catalog.pg_policy p JOIN pg_catalog.pg_class c ON c.oid = p.polrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE ${own} AND p.polpermissive AND p.polcmd <> 'r'
     AND (p.polroles = '{0}' OR p.polroles && ARRAY(SELECT oid FROM ${visitors} AS v (oid)))
     AND (pg_catalog.pg_get_expr(p.polqual, p.polrelid) = 'true' OR p.polqual IS NULL AND pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) = 'true')
  UNION ALL
  SELECT 'view-of-its-owner', format('%I.%I', n.nspname, c.relname),
         'the view reads with the rights of its owner, past row level security: WITH (security_invoker = true)'
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'v' AND ${own} AND ${reachable}
     AND NOT coalesce(c.reloptions::text[] && ARRAY['security_invoker=true', 'security_invoker=on', 'security_invoker=1'], false)
  UNION ALL
  SELECT 'function-without-search-path', format('%I.%I', n.nspname, f.proname),
         'SECURITY DEFINER without a search_path of its own: who calls it chooses what its names mean'
    FROM pg_catalog.pg_proc f JOIN pg_catalog.pg_namespace n ON n.oid = f.pronamespace
   WHERE ${own} AND f.prosecdef AND NOT EXISTS (SELECT FROM unnest(f.proconfig) AS s (setting) WHERE s.setting LIKE 'search\\_path=%')
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  UNION ALL
  SELECT 'foreign-key-without-index', format('%s on %I.%I', k.conname, n.nspname, c.relname),
         'no index begins with its columns: a DELETE or UPDATE of the other table reads this one whole'
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE k.contype = 'f' AND k.conparentid = 0 AND ${own}
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = k.conrelid AND i.indpred IS NULL
       AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
  ORDER BY 1, 2`;

/** What is to be said about the schema as it is now. Reads the catalog only (S31). */
export async function readSchemaAdvice(connection: DatabaseConnection): Promise<SchemaAdvice[]> {
  return await connection.query<SchemaAdvice & Record<string, unknown>>(query);
}

/** What was not there before: an old finding is not this migration's. Pure. */
export function newAdvice(before: readonly SchemaAdvice[], after: readonly SchemaAdvice[]): SchemaAdvice[] {
  const known = new Set(before.map(({ rule, object }) => `${rule} ${object}`));
  return after.filter(({ rule, object }) => !known.has(`${rule} ${object}`));
}
