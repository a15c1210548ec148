import type { DatabaseConnection } from '#postgres/connection';

/** A role as a backup carries it: without its password. */
export interface StoredRole {
  name: string;
  superuser: boolean;
  createRole: boolean;
  createDatabase: boolean;
  inherit: boolean;
  login: boolean;
  replication: boolean;
  bypassRowSecurity: boolean;
  /** -1: no limit. */
  connectionLimit: number;
  /** `name=value`. */
  settings: string[];
  /** Roles it is a member of. */
  memberOf: string[];
}

/** Every role but the server's own `pg_…`. */
export async function readRoles(connection: DatabaseConnection): Promise<StoredRole[]> {
  return await connection.query<StoredRole & Record<string, unknown>>(`
    SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolcreaterole AS "createRole", r.rolcreatedb AS "createDatabase",
           r.rolinherit AS inherit, r.rolcanlogin AS login, r.rolreplication AS replication,
           r.rolbypassrls AS "bypassRowSecurity", r.rolconnlimit AS "connectionLimit",
           coalesce(r.rolconfig, '{}') AS settings,
           ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
                  WHERE m.member = r.oid ORDER BY 1) AS "memberOf"
      FROM pg_catalog.pg_roles AS r WHERE r.rolname !~ '^pg_' ORDER BY 1`);
}
