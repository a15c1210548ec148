import type { DatabaseConnection } from '#postgres/connection';

export interface TableRows {
  name: string;
  rows: number;
  /** Order-independent: the sum of one 64-bit hash per row. */
  checksum: string;
}

/**
 * What is hashed of a row. `named-columns`: each column as its bytes on the wire, or as text where those differ between servers, in
 * the order of their names, because a restored child table has what it inherits in front. `columns`: in the order of the table, in
 * backups that were made before. `text`: the row as one text, which takes three times as long; servers before 14, and backups of 0.1.
 */
export type RowHash = 'named-columns' | 'columns' | 'text';

/** The quickest way that this server has. */
export function quickestRowHash({ serverVersion }: Pick<DatabaseConnection, 'serverVersion'>): RowHash {
  return serverVersion >= 140_000 ? 'named-columns' : 'text';
}

/** Tables that are asked for in one round trip. */
const atOnce = 50;

/**
 * Rows and checksum of every one of these tables, by quoted name, in their order. Needs a transaction: what reading locks
 * besides the tables (indexes) is let go again, for a server of the usual size has room for some 6,000 locks.
 */
export async function countRows(
  connection: DatabaseConnection,
  names: readonly string[],
  hash: RowHash,
): Promise<TableRows[]> {
  const columns = hash === 'text' ? undefined : await readColumns(connection, hash);
  const tables: TableRows[] = [];
  for (let from = 0; from < names.length; from += atOnce) {
    const begun = connection.query('SAVEPOINT ops_rows');
    const counted = names.slice(from, from + atOnce).map(async (name) => {
      const [row] = await connection.query<{ rows: string; checksum: string }>(rowsQuery(name, columns?.get(name)));
      return { name, rows: Number(row?.rows ?? 0), checksum: row?.checksum ?? '' };
    });
    const [, some] = await Promise.all([
      begun,
      Promise.all(counted),
      connection.query('ROLLBACK TO SAVEPOINT ops_rows'),
    ]);
    tables.push(...some);
  }
  return tables;
}

/** `ONLY`: partitions and children are relations of their own. The `.*` keeps a column named like the alias out of it. */
function rowsQuery(table: string, columns: string | undefined): string {
  const text = `pg_catalog.hashtextextended(((ops_row.*)::text) COLLATE "C", 0)`;
  const hash = columns === undefined ? text : hashOfRecord(`pg_catalog.int8send(${hashOfRecord(columns)})`);
  return `SELECT pg_catalog.count(*) AS rows, coalesce(pg_catalog.sum(${hash}), 0)::text AS checksum FROM ONLY ${table} AS ops_row`;
}

// 31 times what came before plus the hash of the column, for each column: linear, so that summed as it is, values could change
// rows unseen. Taken twice, a row counts as a whole.
function hashOfRecord(columns: string): string {
  return `pg_catalog.hash_record_extended(ROW(${columns}), 0)`;
}

// By the numbers that PostgreSQL's own types have on every server (pg_type.dat). Of two values that are equal and look
// different (-0 and 0, 1.0 and 1.00, 24 hours and a day) the hash functions of the types know one only: the bytes on the wire
// tell them apart (a NaN with a sign, which arithmetic makes and no dump keeps, is NaN), and bigint, whose hash has 32 bits, gets 64. Arrays and ranges carry numbers of types there, which another
// server gives otherwise: they are hashed as text, like everything that is not in the list.
const columnsQuery = (hash: Exclude<RowHash, 'text'>) => `
  SELECT format('%I.%I', n.nspname, c.relname) AS name,
         coalesce(pg_catalog.string_agg(format(CASE
             WHEN a.atttypid IN (16, 17, 21, 23, 26, 1082, 2950) THEN 'ops_row.%1$I'
             WHEN a.atttypid IN (25, 1043) THEN 'ops_row.%1$I COLLATE pg_catalog."C"'
             WHEN a.atttypid = 20 THEN 'pg_catalog.int8send(ops_row.%1$I)'
             WHEN a.atttypid = 700 THEN 'pg_catalog.float4send(CASE WHEN ops_row.%1$I = ''NaN'' THEN ''NaN'' ELSE ops_row.%1$I END)'
             WHEN a.atttypid = 701 THEN 'pg_catalog.float8send(CASE WHEN ops_row.%1$I = ''NaN'' THEN ''NaN'' ELSE ops_row.%1$I END)'
             WHEN a.atttypid = 1083 THEN 'pg_catalog.time_send(ops_row.%1$I)'
             WHEN a.atttypid = 1114 THEN 'pg_catalog.timestamp_send(ops_row.%1$I)'
             WHEN a.atttypid = 1184 THEN 'pg_catalog.timestamptz_send(ops_row.%1$I)'
             WHEN a.atttypid = 1700 THEN 'pg_catalog.numeric_send(ops_row.%1$I)'
             WHEN a.atttypid = 3802 THEN 'pg_catalog.jsonb_send(ops_row.%1$I)'
             ELSE 'CASE pg_catalog.num_nulls(ops_row.%1$I) WHEN 0 THEN pg_catalog.concat(ops_row.%1$I) COLLATE pg_catalog."C" END'
           END, a.attname), ', ' ORDER BY ${hash === 'columns' ? 'a.attnum' : 'a.attname'}) FILTER (WHERE a.attname IS NOT NULL), '') AS columns
    FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
   GROUP BY n.nspname, c.relname`;

async function readColumns(
  connection: DatabaseConnection,
  hash: Exclude<RowHash, 'text'>,
): Promise<Map<string, string>> {
  const rows = await connection.query<{ name: string; columns: string }>(columnsQuery(hash));
  return new Map(rows.map((row) => [row.name, row.columns]));
}
