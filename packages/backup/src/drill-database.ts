import { connect, type DatabaseConnection } from '#postgres/connection';
import { identifier } from '#postgres/sql-names';
import { notOfExtension, userSchema } from './definitions-query.ts';
import { projectReference, sourceIdentity } from './source-identity.ts';
import { readSystemIdentifier } from './source-snapshot.ts';

/** Comment on a database that a drill fills and empties; after it, as JSON, the roles that were made for the drill. */
const mark = 'ops-actions:drill ';

/** What decides whether a drill may have a database. */
export interface DrillDatabase {
  /** As the manifest of a backup of it would say. */
  identity: string;
  /** Reference of its Supabase project. */
  project: string | undefined;
  name: string;
  /** A drill has marked it. */
  marked: boolean;
  /** Relations with rows of their own that are neither an extension's nor Supabase's. */
  tables: number;
}

/** @throws DatabaseUnreachable */
export async function readDrillDatabase(url: string): Promise<DrillDatabase> {
  return await inDatabase(url, async (connection) => {
    const { name, comment } = await readComment(connection);
    // In an empty project of Supabase there are tables already; its own roles hold their schemas.
    const [row] = await connection.query<{ tables: number }>(`
      SELECT pg_catalog.count(*)::int AS tables
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
       WHERE c.relkind IN ('r', 'p', 'm', 'f') AND ${userSchema} AND ${notOfExtension('pg_class', 'c.oid')}
         AND pg_catalog.pg_get_userbyid(n.nspowner) !~ '^supabase_'`);
    return {
      identity: sourceIdentity(connection.settings, name, await readSystemIdentifier(connection)),
      project: projectReference(connection.settings),
      name,
      marked: comment.startsWith(mark),
      tables: row?.tables ?? 0,
    };
  });
}

/** Says that a drill may empty this database, and which roles belong to it. @throws the server's refusal: only its owner may. */
export async function markDrillDatabase(url: string, roles: readonly string[]): Promise<void> {
  await inDatabase(url, async (connection) => {
    const { name, comment } = await readComment(connection);
    const text = `${mark}${JSON.stringify([...new Set([...rolesIn(comment), ...roles])])}`.replaceAll("'", "''");
    await connection.query(`COMMENT ON DATABASE ${identifier(name)} IS '${text}'`);
  });
}

/**
 * Removes everything that a restore brought: what this role owns, large objects among it, in one transaction; then the roles of
 * the mark, and the mark. A database without the mark is not touched: false. @throws the server's refusal; the mark stays
 */
export async function emptyDrillDatabase(url: string): Promise<boolean> {
  return await inDatabase(url, async (connection) => {
    await connection.query('BEGIN');
    const { name, comment } = await readComment(connection);
    if (!comment.startsWith(mark)) {
      await connection.query('ROLLBACK');
      return false;
    }
    for (const query of [schemas, relations, routines, types]) {
      for (const { drop } of await connection.query<{ drop: string }>(query)) await connection.query(drop);
    }
    await connection.query(`
      SELECT pg_catalog.lo_unlink(l.oid) FROM pg_catalog.pg_largeobject_metadata AS l
       WHERE pg_catalog.pg_has_role(l.lomowner, 'USAGE')`);
    await connection.query('COMMIT');
    const roles = await connection.query<{ name: string }>(
      'SELECT r.rolname AS name FROM pg_catalog.pg_roles AS r WHERE r.rolname = ANY($1)',
      [rolesIn(comment)],
    );
    for (const role of roles.map((one) => identifier(one.name))) {
      // Rights that it was given in schemas that stay; only a member may take them away.
      await connection.query(`GRANT ${role} TO CURRENT_USER`);
      await connection.query(`DROP OWNED BY ${role}`);
      await connection.query(`DROP ROLE ${role}`);
    }
    await connection.query(`COMMENT ON DATABASE ${identifier(name)} IS NULL`);
    return true;
  });
}

/** Schemas that stay: everybody's, and those that hold an extension. */
const stays = `(n.nspname = 'public' OR EXISTS (SELECT FROM pg_catalog.pg_extension AS x WHERE x.extnamespace = n.oid))`;
const inSchema = (object: string, owner: string) =>
  `JOIN pg_catalog.pg_namespace AS n ON n.oid = ${object} WHERE ${userSchema} AND ${stays} AND pg_catalog.pg_has_role(${owner}, 'USAGE')`;

const schemas = `
  SELECT pg_catalog.format('DROP SCHEMA IF EXISTS %I CASCADE', n.nspname) AS drop FROM pg_catalog.pg_namespace AS n
   WHERE ${userSchema} AND NOT ${stays} AND pg_catalog.pg_has_role(n.nspowner, 'USAGE') AND ${notOfExtension('pg_namespace', 'n.oid')}`;

const relations = `
  SELECT pg_catalog.format('DROP %s IF EXISTS %I.%I CASCADE',
           CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                          WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, n.nspname, c.relname) AS drop
    FROM pg_catalog.pg_class AS c ${inSchema('c.relnamespace', 'c.relowner')}
     AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${notOfExtension('pg_class', 'c.oid')}
   ORDER BY c.relkind = 'S'`;

const routines = `
  SELECT pg_catalog.format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::pg_catalog.regprocedure) AS drop
    FROM pg_catalog.pg_proc AS p ${inSchema('p.pronamespace', 'p.proowner')} AND ${notOfExtension('pg_proc', 'p.oid')}`;

const types = `
  SELECT pg_catalog.format('DROP TYPE IF EXISTS %I.%I CASCADE', n.nspname, t.typname) AS drop
    FROM pg_catalog.pg_type AS t ${inSchema('t.typnamespace', 't.typowner')} AND t.typtype IN ('e', 'd', 'r', 'c')
     AND (t.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid = t.typrelid AND c.relkind = 'c'))
     AND ${notOfExtension('pg_type', 't.oid')}`;

async function readComment(connection: DatabaseConnection): Promise<{ name: string; comment: string }> {
  const [row] = await connection.query<{ name: string; comment: string }>(`
    SELECT d.datname AS name, coalesce(pg_catalog.shobj_description(d.oid, 'pg_database'), '') AS comment
      FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`);
  return row ?? { name: '', comment: '' };
}

/** Foreign text: anybody who owns the database can write it. Pure. */
function rolesIn(comment: string): string[] {
  try {
    const read: unknown = JSON.parse(comment.startsWith(mark) ? comment.slice(mark.length) : '[]');
    return Array.isArray(read) ? read.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

async function inDatabase<T>(url: string, run: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
  const connection = await connect(url, { applicationName: 'ops-actions drill', lockTimeoutMs: 30_000 });
  try {
    // As pg_restore: names in what the server prints are then whole.
    await connection.query("SELECT pg_catalog.set_config('search_path', '', false)");
    return await run(connection);
  } finally {
    await connection.close();
  }
}
