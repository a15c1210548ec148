import type { DatabaseConnection } from './connection.ts';
import type { Exposure } from './foretell-advice.ts';

/** Who would see a new table of `public`, and whether row level security comes by itself. Reads the catalog only (S31). */
export async function readExposure(connection: DatabaseConnection): Promise<Exposure> {
  const visitors = `SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname IN ('anon', 'authenticated')`;
  const [row] = await connection.query<Exposure & Record<string, unknown>>(
    `SELECT EXISTS (${visitors}) AS visitors,
            EXISTS (SELECT FROM pg_catalog.pg_default_acl AS d, pg_catalog.aclexplode(d.defaclacl) AS a
              WHERE d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, coalesce(pg_catalog.to_regnamespace('public')::oid, 0))
                AND (a.grantee = 0 OR a.grantee IN (${visitors}))) AS "byDefault",
            EXISTS (SELECT FROM pg_catalog.pg_event_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.evtfoid
              WHERE t.evtenabled <> 'D' AND p.prosrc ~* 'enable\\s+row\\s+level\\s+security') AS secured`,
  );
  return { visitors: row?.visitors === true, byDefault: row?.byDefault === true, secured: row?.secured === true };
}
