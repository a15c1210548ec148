import type { DatabaseConnection } from './connection.ts';
import { foreignSchemas } from './read-schema.ts';

/** A table that the Data API shows to visitors without anything that chooses rows for them. */
export interface OpenTable {
  /** `public.notes`. */
  table: string;
  /** `off`: everybody reads or writes every row. `no-policy`: it is on and nothing lets anybody in. */
  security: 'off' | 'no-policy';
}

const foreign = foreignSchemas.map((name) => `'${name}'`).join(', ');

/** Tables of schemas that `anon` or `authenticated` may use, by name (CHK-12). Reads the catalog only (S31). */
export async function openTables(connection: DatabaseConnection): Promise<OpenTable[]> {
  return await connection.query<OpenTable & Record<string, unknown>>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS table, CASE WHEN c.relrowsecurity THEN 'no-policy' ELSE 'off' END AS security
       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN (${foreign}) AND n.nspname NOT LIKE 'pg\\_%'
        AND NOT (c.relrowsecurity AND EXISTS (SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid))
        AND EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname IN ('anon', 'authenticated')
          AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
          AND pg_catalog.has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
          WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.deptype = 'e')
      ORDER BY 1`,
  );
}
