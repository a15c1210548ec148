import type { DatabaseConnection } from '#postgres/connection';

export interface InstalledExtension {
  name: string;
  schema: string;
  version: string;
  /** Objects of the user's own that cannot exist without it, e.g. a column of type vector; at most five are named. */
  dependents: string[];
  /** Quoted names of its tables, whose rows a dump may carry. */
  tables: string[];
}

// Follows what comes and goes with a member (row types, indexes, rules), then finds what else refers to any of it.
const query = `
  WITH RECURSIVE owned(extension, classid, objid) AS (
    SELECT refobjid, classid, objid FROM pg_catalog.pg_depend
     WHERE refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND deptype = 'e'
    UNION
    SELECT o.extension, d.classid, d.objid FROM owned AS o
      JOIN pg_catalog.pg_depend AS d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype IN ('i', 'a', 'P', 'S')
  ), dependents AS (
    SELECT DISTINCT o.extension, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS name
      FROM owned AS o
      JOIN pg_catalog.pg_depend AS d ON d.refclassid = o.classid AND d.refobjid = o.objid AND d.deptype = 'n'
     WHERE NOT EXISTS (SELECT FROM owned AS x WHERE x.classid = d.classid AND x.objid = d.objid)
       AND NOT (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                AND EXISTS (SELECT FROM pg_catalog.pg_type AS t WHERE t.oid = d.objid AND t.typcategory = 'A'))
  )
  SELECT e.extname AS name, n.nspname AS schema, e.extversion AS version,
         ARRAY(SELECT d.name FROM dependents AS d WHERE d.extension = e.oid ORDER BY 1 LIMIT 5) AS dependents,
         ARRAY(SELECT format('%I.%I', m.nspname, c.relname) FROM owned AS o
                 JOIN pg_catalog.pg_class AS c ON o.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND c.oid = o.objid
                 JOIN pg_catalog.pg_namespace AS m ON m.oid = c.relnamespace
                WHERE o.extension = e.oid AND c.relkind IN ('r', 'p', 'S')) AS tables
    FROM pg_catalog.pg_extension AS e JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
   WHERE e.extname <> 'plpgsql' ORDER BY 1`;

/** The extensions of a database and what depends on each. */
export function readExtensions(connection: DatabaseConnection): Promise<InstalledExtension[]> {
  return connection.query<InstalledExtension>(query);
}
