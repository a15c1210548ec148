import { connect } from '#postgres/connection';
import { isConnectionLost, sqlstateOf } from '#postgres/database-error';
import { type ExistingRole, planRoles } from './plan-roles.ts';
import type { StoredRole } from './read-roles.ts';

/**
 * Makes the roles of a backup that a server lacks, before rights and policies are restored that name them. Each stands for itself,
 * outside of the transaction of the restore: one that cannot be made is said, and the restore says whether it was needed.
 * Where nothing but a typed digest of the dump vouches for the list of roles, they are named and none is made (S26).
 */
export async function makeRoles(
  url: string,
  { recorded, contents: { roles } }: { recorded: boolean; contents: { roles: readonly StoredRole[] } },
): Promise<{
  made: string[];
  /** One line for each role of the server that is a member of one of them again. */
  granted: string[];
  /** One line for each thing that a person has to look at. */
  remarks: string[];
}> {
  const connection = await connect(url, { applicationName: 'ops-actions restore' });
  try {
    const existing = await connection.query<ExistingRole & Record<string, unknown>>(`
      SELECT r.rolname AS name, r.rolsuper OR r.rolcreaterole OR r.rolbypassrls OR r.rolreplication AS strong,
             ARRAY(SELECT g.rolname::text FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS g ON g.oid = m.roleid
                    WHERE m.member = r.oid) AS "memberOf"
        FROM pg_catalog.pg_roles AS r`);
    const { missing, lost } = planRoles(roles, existing);
    const remarks: string[] = [];
    if (!recorded) {
      const why = 'no record vouches for the list of roles, only the digest of the dump that was typed';
      remarks.push(...missing.map(({ name }) => `the role ${name} is missing and was not made: ${why}`));
      return { made: [], granted: [], remarks };
    }
    const run = async (statement: string, what: string): Promise<boolean> => {
      try {
        await connection.query(statement);
        return true;
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        remarks.push(`${what} (SQLSTATE ${sqlstateOf(error)})`);
        return false;
      }
    };
    const made = new Set<string>();
    for (const role of missing) {
      if (await run(role.create, `the role ${role.name} could not be made`)) made.add(role.name);
    }
    for (const { name, memberships, notGiven } of missing) {
      if (!made.has(name)) continue;
      for (const { of, grant } of memberships) await run(grant, `the role ${name} could not become a member of ${of}`);
      if (notGiven.length > 0) remarks.push(`the role ${name} was made without ${notGiven.join(', ')}`);
    }
    const granted: string[] = [];
    for (const { name, of, grant } of lost) {
      if (!made.has(of)) continue;
      if (await run(grant, `the role ${name} could not become a member of ${of} again`))
        granted.push(`${name} is a member of ${of} again`);
    }
    return { made: [...made], granted, remarks };
  } finally {
    await connection.close();
  }
}
