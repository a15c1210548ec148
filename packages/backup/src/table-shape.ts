import type { DatabaseConnection } from '#postgres/connection';

export interface TableColumn {
  /** Quoted. */
  name: string;
  /** As SQL writes it, with the schema of a type of one's own. */
  type: string;
  /** Its value follows from others: it is never written. */
  generated: boolean;
  /** GENERATED ALWAYS AS IDENTITY: it can be inserted, never updated. */
  identityAlways: boolean;
  /** Of the sequence behind it, quoted; undefined: none. */
  sequence?: string;
}

/** What has to be known of a table to bring rows back into it. */
export interface TableShape {
  /** `schema.table`, quoted where needed. */
  name: string;
  partitioned: boolean;
  columns: TableColumn[];
  /** Quoted names; empty: it has none. */
  primaryKey: string[];
  /** Tables that its foreign keys point to. */
  references: string[];
}

/** Undefined: it is not there, or is no table. Needs an empty search path, so that names come with their schema. */
export async function readTableShape(connection: DatabaseConnection, name: string): Promise<TableShape | undefined> {
  const [table] = await connection.query<{ oid: number; partitioned: boolean }>(
    `SELECT c.oid::int8::text AS oid, c.relkind = 'p' AS partitioned FROM pg_catalog.pg_class AS c
       JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE format('%I.%I', n.nspname, c.relname) = $1 AND c.relkind IN ('r', 'p')`,
    [name],
  );
  if (table === undefined) return undefined;
  const columns = await connection.query<Omit<TableColumn, 'sequence'> & { sequence: string | null }>(
    `SELECT quote_ident(a.attname) AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
            a.attgenerated <> '' AS generated, a.attidentity = 'a' AS "identityAlways",
            pg_catalog.pg_get_serial_sequence($2, a.attname) AS sequence
       FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attnum`,
    [table.oid, name],
  );
  const [keys] = await connection.query<{ primary: string[]; references: string[] }>(
    `SELECT ARRAY(SELECT quote_ident(a.attname) FROM pg_catalog.pg_constraint AS k
                    CROSS JOIN LATERAL unnest(k.conkey) WITH ORDINALITY AS u(num, at)
                    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.num
                   WHERE k.conrelid = $1::oid AND k.contype = 'p' ORDER BY u.at) AS primary,
            ARRAY(SELECT DISTINCT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_constraint AS k
                    JOIN pg_catalog.pg_class AS c ON c.oid = k.confrelid
                    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                   WHERE k.conrelid = $1::oid AND k.contype = 'f') AS references`,
    [table.oid],
  );
  return {
    name,
    partitioned: table.partitioned,
    columns: columns.map(({ sequence, ...column }) => ({ ...column, ...(sequence === null ? {} : { sequence }) })),
    primaryKey: keys?.primary ?? [],
    references: keys?.references ?? [],
  };
}
