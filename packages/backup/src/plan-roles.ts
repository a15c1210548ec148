import type { StoredRole } from './read-roles.ts';

/** A role of the backup that a server lacks. */
interface PlannedRole {
  name: string;
  /** Makes it, without login and without any power of its own. */
  create: string;
  /** Roles it is a member of, each with the statement for it. */
  memberships: { of: string; grant: string }[];
  /** What it had and a person has to give it again. */
  notGiven: string[];
}

/** A role of the server. */
export interface ExistingRole {
  name: string;
  /** SUPERUSER, CREATEROLE, BYPASSRLS or REPLICATION. */
  strong: boolean;
  memberOf: readonly string[];
}

/** A membership that a role of the server had in one that it lacks now. */
interface LostMembership {
  name: string;
  of: string;
  grant: string;
}

/**
 * The roles that a server lacks, as a restore makes them: members of what they were members of, so that rights and policies find
 * them, and unable to log in, because a backup has no passwords. What stands in a file must not make anybody a superuser or
 * open a door: such attributes are named instead. Roles that are there become members again of those that are made. Pure.
 */
export function planRoles(
  stored: readonly StoredRole[],
  existing: readonly ExistingRole[],
): { missing: PlannedRole[]; lost: LostMembership[] } {
  const known = new Set(existing.map(({ name }) => name));
  const powerful = findPowerful(existing);
  const missing = stored.filter(({ name }) => !known.has(name));
  const names = new Set(missing.map(({ name }) => name));
  return {
    missing: missing.map((role) => ({
      name: role.name,
      create: `CREATE ROLE ${quoted(role.name)} NOLOGIN ${role.inherit ? 'INHERIT' : 'NOINHERIT'}`,
      memberships: role.memberOf.filter((of) => !powerful(of)).map((of) => ({ of, grant: grantOf(of, role.name) })),
      notGiven: [...notGiven(role), ...role.memberOf.filter(powerful).map((of) => `membership in ${of}`)],
    })),
    lost: stored
      .filter(({ name }) => known.has(name))
      .flatMap(({ name, memberOf }) =>
        memberOf.filter((of) => names.has(of)).map((of) => ({ name, of, grant: grantOf(of, name) })),
      ),
  };
}

/** Supabase's own, which own its schemas or pass every policy by. */
const ofThePlatform = /^(?:postgres|service_role|supabase_.*)$/;

/** Files, programs, other roles and everybody's rows are what these give, or what who is a member of them comes to. */
function findPowerful(existing: readonly ExistingRole[]): (name: string) => boolean {
  const found = new Set(
    existing.filter(({ name, strong }) => strong || ofThePlatform.test(name)).map(({ name }) => name),
  );
  const powerful = (name: string) => name.startsWith('pg_') || found.has(name);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { name, memberOf } of existing) if (memberOf.some(powerful)) found.add(name);
  }
  return powerful;
}

function grantOf(role: string, to: string): string {
  return `GRANT ${quoted(role)} TO ${quoted(to)}`;
}

function notGiven(role: StoredRole): string[] {
  const attributes: [boolean, string][] = [
    [role.login, 'LOGIN and its password'],
    [role.superuser, 'SUPERUSER'],
    [role.createRole, 'CREATEROLE'],
    [role.createDatabase, 'CREATEDB'],
    [role.replication, 'REPLICATION'],
    [role.bypassRowSecurity, 'BYPASSRLS'],
    [role.connectionLimit !== -1, `CONNECTION LIMIT ${role.connectionLimit}`],
  ];
  const settings = role.settings.map((setting) => `the setting ${setting.split('=')[0]}`);
  return [...attributes.flatMap(([had, name]) => (had ? [name] : [])), ...settings];
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
