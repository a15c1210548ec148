import type { DatabaseConnection } from './connection.ts';
import { type RelationName, relationKey } from './sql-names.ts';
import type { FactsOf, TableFacts } from './table-facts.ts';

interface Row {
  key: string;
  name: string;
  rows: number | null;
  bytes: string | null;
  columns: Record<string, string>;
  required: string[];
  checks: { name: string; column: string; valid: boolean }[];
}

/** The relation with all partitions and heirs: ALTER TABLE works on all of them. Without a function that would lock them. */
const leaves = `(
    WITH RECURSIVE tree (id) AS (SELECT c.oid UNION ALL
      SELECT h.inhrelid FROM pg_catalog.pg_inherits h JOIN tree ON h.inhparent = tree.id)
    SELECT p.oid, p.reltuples, p.relpages FROM tree JOIN pg_catalog.pg_class p ON p.oid = tree.id WHERE p.relkind <> 'p') AS l`;

/**
 * Sizes are those on disk. They need no right on the table, only a moment in which nobody holds it exclusively; where
 * that does not come, the planner's page counts stand in (`exact` false).
 */
const query = (exact: boolean) => `
  SELECT asked.key, format('%I.%I', n.nspname, c.relname) AS name,
         (SELECT sum(l.reltuples) FROM ${leaves} WHERE l.reltuples >= 0)::float8 AS rows,
         (SELECT sum(${exact ? 'pg_catalog.pg_table_size(l.oid)' : 'l.relpages::bigint * 8192'}) FROM ${leaves})::text AS bytes,
         coalesce((SELECT jsonb_object_agg(a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod))
            FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '{}') AS columns,
         ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull) AS required,
         ${
           exact
             ? `coalesce((SELECT jsonb_agg(jsonb_build_object('name', k.conname, 'column', a.attname, 'valid', k.convalidated))
            FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND k.conkey = ARRAY[a.attnum]
           WHERE k.conrelid = c.oid AND k.contype = 'c'
             AND pg_catalog.pg_get_constraintdef(k.oid) ~~ format('CHECK ((%I IS NOT NULL))%%', a.attname)), '[]')`
             : `'[]'::jsonb`
         } AS checks
    FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (key, schema, name)
    JOIN pg_catalog.pg_namespace an ON an.nspname = asked.schema
    JOIN pg_catalog.pg_class ac ON ac.relnamespace = an.oid AND ac.relname = asked.name
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = ac.oid
    JOIN pg_catalog.pg_class c ON c.oid = coalesce(i.indrelid, ac.oid) AND c.relkind IN ('r', 'p', 'm')
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;

/** What the catalog says about these relations; those that are not there are left out. @throws errors of the database. */
export async function readTableFacts(
  connection: DatabaseConnection,
  relations: readonly RelationName[],
): Promise<FactsOf> {
  const asked = [...new Map(relations.map((relation) => [relationKey(relation), relation])).entries()];
  if (asked.length === 0) return () => undefined;
  const values = [
    asked.map(([key]) => key),
    asked.map(([, relation]) => relation.schema ?? 'public'),
    asked.map(([, relation]) => relation.name),
  ];
  const read = (exact: boolean) => connection.query<Row>(query(exact), values);
  // Sent together; `exact` alone can wait for a lock.
  const [, exact] = await Promise.all([
    connection.query("SET lock_timeout = '2s'"),
    read(true).catch((error: { code?: string }) => {
      // 55P03 lock_timeout, 57014 statement_timeout: somebody holds a table exclusively right now.
      if (error.code === '55P03' || error.code === '57014') return undefined;
      throw error;
    }),
    connection.query('RESET lock_timeout').catch(() => {}),
  ]);
  const rows = exact ?? (await read(false));
  const facts = new Map(rows.map((row) => [row.key, factsOf(row)]));
  return (relation) => facts.get(relationKey(relation));
}

function factsOf({ name, rows, bytes, columns, required, checks }: Row): TableFacts {
  const proven = checks.filter((check) => check.valid).map((check) => check.column);
  return {
    table: name,
    ...(rows === null ? {} : { rows: Math.round(rows) }),
    bytes: Number(bytes ?? 0),
    columns,
    notNull: [...new Set([...required, ...proven])],
    unvalidated: Object.fromEntries(checks.filter((check) => !check.valid).map(({ name, column }) => [name, column])),
  };
}
