import type { DatabaseConnection } from './connection.ts';
import { type ExpectedObject, expectedObjects } from './expected-objects.ts';
import type { MigrationFile } from './read-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const query = `
  SELECT asked.number::int AS number
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS asked (kind, schema, name, parent, number)
   WHERE NOT EXISTS (
     SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      -- By the index on names: a thousand files make thousands of objects. The cast cuts long names as CREATE does.
      WHERE c.relname = (CASE WHEN asked.kind IN ('table', 'view', 'index') THEN asked.name ELSE asked.parent END)::pg_catalog.name
        AND (asked.schema IS NULL OR n.nspname = asked.schema) AND CASE asked.kind
        WHEN 'table' THEN c.relkind IN ('r', 'p', 'f')
        WHEN 'view' THEN c.relkind IN ('v', 'm')
        WHEN 'index' THEN c.relkind IN ('i', 'I')
        WHEN 'column' THEN EXISTS (SELECT FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attname = asked.name::pg_catalog.name AND NOT a.attisdropped)
        ELSE EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid AND p.polname = asked.name::pg_catalog.name)
      END)`;

/** Which of these objects the database does not have (MIG-09). Reads the catalog only. */
export async function findMissing(
  connection: DatabaseConnection,
  objects: readonly ExpectedObject[],
): Promise<ExpectedObject[]> {
  if (objects.length === 0) return [];
  const rows = await connection.query<{ number: number }>(query, [
    objects.map((object) => object.kind),
    objects.map((object) => object.schema ?? null),
    objects.map((object) => object.name),
    objects.map((object) => object.on ?? null),
  ]);
  return rows.flatMap(({ number }) => objects[number - 1] ?? []);
}

/** What the text of these files makes, in their order. */
export async function objectsOfFiles(files: readonly MigrationFile[]): Promise<ExpectedObject[]> {
  const parser = await loadSqlParser();
  return expectedObjects(
    files.flatMap((file) => {
      const parsed = parser.parse(file.sql);
      return 'file' in parsed ? parsed.file.statements : [];
    }),
  );
}
