import type { DatabaseConnection } from '#postgres/connection';

/** Everything that `lo_…` functions have stored. */
export interface LargeObjects {
  count: number;
  bytes: number;
  /** Order-independent: the sum of one 64-bit hash per object and piece. */
  checksum: string;
}

/**
 * Reads every large object through the snapshot of the transaction, in pieces of 1 MiB: an object may have 4 TB and a value
 * of bytea 1 GB (https://www.postgresql.org/docs/current/lo-funcs.html).
 */
export async function readLargeObjects(connection: DatabaseConnection): Promise<LargeObjects> {
  const [row] = await connection.query<{ count: string; bytes: string; checksum: string }>(`
    SELECT pg_catalog.count(DISTINCT m.oid)::text AS count,
           coalesce(pg_catalog.sum(pg_catalog.length(p.piece)), 0)::text AS bytes,
           coalesce(pg_catalog.sum(pg_catalog.hashtextextended(
             (format('%s %s %s', m.oid, p.number, pg_catalog.md5(p.piece))) COLLATE "C", 0)::pg_catalog.numeric), 0)::text AS checksum
      FROM pg_catalog.pg_largeobject_metadata AS m, LATERAL (
        WITH RECURSIVE pieces(number, piece) AS (
          SELECT 0, pg_catalog.lo_get(m.oid, 0, 1048576)
          UNION ALL
          SELECT number + 1, pg_catalog.lo_get(m.oid, (number + 1)::bigint * 1048576, 1048576)
            FROM pieces WHERE pg_catalog.length(piece) = 1048576)
        SELECT number, piece FROM pieces) AS p`);
  return { count: Number(row?.count ?? 0), bytes: Number(row?.bytes ?? 0), checksum: row?.checksum ?? '0' };
}
