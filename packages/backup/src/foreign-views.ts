import type { DatabaseConnection } from '#postgres/connection';
import type { DatabaseContents } from './database-contents.ts';

/** A materialized view that was filled from a foreign table, perhaps through others: no scratch server reaches what it reads. */
export interface ForeignView {
  /** Quoted, with schema. */
  name: string;
  /** How the line of its rows begins in the table of contents of a dump. */
  entry: string;
}

export async function readForeignViews(connection: DatabaseConnection): Promise<ForeignView[]> {
  const rows = await connection.query<ForeignView & Record<string, unknown>>(`
    WITH RECURSIVE reading(relation, source) AS (
      SELECT r.ev_class, d.refobjid FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_depend AS d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
       WHERE r.rulename = '_RETURN'
      UNION ALL SELECT inhparent, inhrelid FROM pg_catalog.pg_inherits
    ), distant(relation) AS (
      SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'f'
      UNION SELECT r.relation FROM distant AS d JOIN reading AS r ON r.source = d.relation)
    SELECT format('%I.%I', n.nspname, c.relname) AS name, format('MATERIALIZED VIEW DATA %s %s ', n.nspname, c.relname) AS entry
      FROM distant AS d JOIN pg_catalog.pg_class AS c ON c.oid = d.relation JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.relkind = 'm' AND c.relispopulated ORDER BY 1`);
  return rows.map(({ name, entry }) => ({ name, entry: entry.replaceAll(/[\r\n]/g, ' ') }));
}

/** As the contents are where these materialized views were not filled; every one where no names are given. Pure. */
export function withoutFilling(contents: DatabaseContents, names?: readonly string[]): DatabaseContents {
  const prefixes = names?.map((name) => `materialized view ${name} `) ?? ['materialized view '];
  const unfilled = (line: string) =>
    prefixes.some((prefix) => line.startsWith(prefix))
      ? line.replace(/(?: not populated)?( [0-9a-f]{32})$/, ' not populated$1')
      : line;
  return { ...contents, definitions: contents.definitions.map(unfilled) };
}
