import type { DatabaseConnection } from './connection.ts';

/** Schemas of the platform and of PostgreSQL: no migration of a consumer owns them. */
export const foreignSchemas: readonly string[] = [
  ...[
    'information_schema',
    'pg_catalog',
    'pg_toast',
    'supabase_migrations',
    'auth',
    'storage',
    'realtime',
    '_realtime',
  ],
  ...[
    'extensions',
    'graphql',
    'graphql_public',
    'vault',
    'pgbouncer',
    'pgsodium',
    'pgsodium_masks',
    'supabase_functions',
  ],
  ...[
    '_analytics',
    '_supavisor',
    'cron',
    'net',
    'pgmq',
    'pgtle',
    'repack',
    'dbdev',
    'etl',
    'topology',
    'tiger',
    'tiger_data',
  ],
];

const list = foreignSchemas.map((name) => `'${name}'`).join(', ');
const own = (namespace: string) => `${namespace}.nspname NOT IN (${list}) AND ${namespace}.nspname NOT LIKE 'pg\\_%'`;
/** Objects of an extension come and go with it. */
const noExtension = (catalog: string, oid: string) =>
  `NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.${catalog}'::regclass AND e.objid = ${oid} AND e.deptype = 'e')`;

/** One line for each thing that the schema defines: enough to tell two databases apart, without any row. */
const definitions = `
  SELECT 'schema ' || quote_ident(n.nspname) AS line FROM pg_catalog.pg_namespace n WHERE ${own('n')}
  UNION ALL
  SELECT format('%s %I.%I%s', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned table' WHEN 'v' THEN 'view'
           WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' WHEN 'f' THEN 'foreign table' ELSE 'type' END,
           n.nspname, c.relname, CASE WHEN c.relrowsecurity THEN ' row level security' ELSE '' END ||
           CASE WHEN c.relforcerowsecurity THEN ' forced' ELSE '' END || coalesce(' ' || c.reloptions::text, '') ||
           CASE WHEN c.relkind IN ('v', 'm') THEN ' ' || pg_catalog.pg_get_viewdef(c.oid) ELSE '' END)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f', 'c') AND ${own('n')} AND ${noExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT format('column %I.%I.%I %s%s%s%s', n.nspname, c.relname, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN ' not null' ELSE '' END, coalesce(' default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid), ''),
           CASE WHEN a.attidentity <> '' THEN ' identity ' || a.attidentity::text WHEN a.attgenerated <> '' THEN ' generated' ELSE '' END)
    FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'c') AND ${own('n')} AND ${noExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT format('constraint %I on %s %s%s', k.conname, k.conrelid::regclass, pg_catalog.pg_get_constraintdef(k.oid), CASE WHEN k.convalidated THEN '' ELSE ' not valid' END)
    FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_namespace n ON n.oid = k.connamespace
   WHERE k.conrelid <> 0 AND k.contype <> 'n' AND k.contype <> 't' AND ${own('n')} AND ${noExtension('pg_class', 'k.conrelid')}
  UNION ALL
  SELECT 'index ' || pg_catalog.pg_get_indexdef(i.indexrelid) || CASE WHEN i.indisvalid THEN '' ELSE ' invalid' END
    FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'm') AND ${own('n')} AND ${noExtension('pg_class', 'c.oid')}
  UNION ALL
  SELECT 'function ' || CASE WHEN p.prokind = 'a' THEN p.oid::regprocedure::text ELSE pg_catalog.pg_get_functiondef(p.oid) END
    FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
   WHERE ${own('n')} AND ${noExtension('pg_proc', 'p.oid')}
  UNION ALL
  SELECT pg_catalog.pg_get_triggerdef(t.oid) FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE NOT t.tgisinternal AND ${own('n')}
  UNION ALL
  SELECT format('policy %I on %s %s %s to %s using %s check %s', p.polname, p.polrelid::regclass, p.polcmd, p.polpermissive,
           (SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE pg_catalog.pg_get_userbyid(r)::text END, ',' ORDER BY r) FROM unnest(p.polroles) AS r),
           pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_catalog.pg_policy p
  UNION ALL
  SELECT format('type %I.%I %s %s', n.nspname, t.typname, t.typtype,
           (SELECT string_agg(quote_literal(e.enumlabel), ',' ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid))
    FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
   WHERE t.typtype IN ('e', 'd', 'r') AND ${own('n')} AND ${noExtension('pg_type', 't.oid')}
  UNION ALL
  SELECT format('comment on %s: %s', pg_catalog.pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_catalog.pg_description d JOIN pg_catalog.pg_class c ON d.classoid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objoid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE ${own('n')}`;

/** Definitions of a database's own schemas, sorted: columns, constraints, indexes, policies, functions, triggers, types. */
export async function readSchema(connection: DatabaseConnection): Promise<string[]> {
  await connection.query('SET search_path = pg_catalog');
  const rows = await connection.query<{ line: string }>(definitions);
  await connection.query('RESET search_path');
  return rows.map((row) => row.line.replace(/\s+/g, ' ').trim()).sort();
}

/** Lines that only one of the two has, `-` for the first and `+` for the second. Pure. */
export function compareSchemas(first: readonly string[], second: readonly string[]): string[] {
  const [one, two] = [new Set(first), new Set(second)];
  return [
    ...first.filter((line) => !two.has(line)).map((line) => `- ${line}`),
    ...second.filter((line) => !one.has(line)).map((line) => `+ ${line}`),
  ];
}

/** True when nothing of the consumer's is in the database: no relation, function or type outside the platform's schemas. */
export async function isEmptyDatabase(connection: DatabaseConnection): Promise<boolean> {
  const [row] = await connection.query<{ found: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND ${own('n')} AND ${noExtension('pg_class', 'c.oid')}) AS found`,
  );
  return row?.found !== true;
}
