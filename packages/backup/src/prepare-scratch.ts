import { connect, type DatabaseConnection } from '#postgres/connection';
import { isConnectionLost, sqlstateOf } from '#postgres/database-error';
import type { ForeignView } from './foreign-views.ts';
import { ExtensionMissing } from './missing-extensions.ts';
import type { Cluster } from './scratch-cluster.ts';
import type { InstalledExtension } from './source-extensions.ts';
import type { SourceSnapshot } from './source-snapshot.ts';

/** What the restore needs to know of the source; plain data. */
export type SourceFacts = Pick<
  SourceSnapshot,
  'roles' | 'schemas' | 'extensions' | 'encoding' | 'collate' | 'characterType' | 'icuLocale'
> & { wrappers?: readonly string[] | undefined; foreignViews?: readonly ForeignView[] | undefined };

export interface PreparedScratch {
  /** Of the database to restore into, as the role that restores. */
  url: string;
  role: string;
  database: string;
  /** Schemas that exist before the restore. */
  existing: Set<string>;
  /** Extensions that this server cannot have and nothing of the user's own needs. */
  missing: InstalledExtension[];
  /** Said in the manifest, e.g. another locale. */
  remarks: string[];
}

const role = 'ops_restore';
const database = 'ops_restore';

/** Of the scratch cluster: no role of the source may share its name, and with it its power. */
export const scratchSuperuser = 'ops_scratch_superuser';

/**
 * Makes the roles (without login), an empty database of the same encoding, and the extensions, as the superuser. The
 * restore itself runs as a role that is none and may neither start programs nor touch files (S24).
 * @throws ExtensionMissing.
 */
export async function prepareScratch(cluster: Cluster, source: SourceFacts): Promise<PreparedScratch> {
  const remarks: string[] = [];
  const admin = await connect(cluster.url, { applicationName: 'ops-actions scratch' });
  try {
    const existing = await admin.query<{ name: string }>('SELECT rolname AS name FROM pg_catalog.pg_roles');
    const known = new Set(existing.map((row) => row.name));
    const made = source.roles.filter((one) => !known.has(one) && one !== role);
    for (const name of made) await admin.query(`CREATE ROLE ${quoted(name)} NOLOGIN`);
    await admin.query(`CREATE ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE BYPASSRLS`);
    // They may do nothing; their member may set their default privileges.
    if (made.length > 0) await admin.query(`GRANT ${made.map(quoted).join(', ')} TO ${role}`);
    await createDatabase(admin, source, remarks);
  } finally {
    await admin.close();
  }
  const url = new URL(cluster.url);
  url.pathname = `/${database}`;
  const inside = await connect(url.href, { applicationName: 'ops-actions scratch' });
  try {
    const made = await createExtensions(inside, source, cluster.major, remarks);
    await createWrappers(inside, source.wrappers ?? []);
    url.username = role;
    return { url: url.href, role, database, remarks, ...made };
  } finally {
    await inside.close();
  }
}

async function createDatabase(admin: DatabaseConnection, source: SourceFacts, remarks: string[]): Promise<void> {
  const { icuLocale } = source;
  const icu = icuLocale === undefined ? '' : ` LOCALE_PROVIDER icu ICU_LOCALE ${literal(icuLocale)}`;
  const create = (collate: string, type: string) =>
    admin.query(
      `CREATE DATABASE ${database} OWNER ${role} TEMPLATE template0 ENCODING ${literal(source.encoding)} LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(type)}${icu}`,
    );
  try {
    await create(source.collate, source.characterType);
  } catch {
    remarks.push(`locale ${source.collate} is not installed on this machine; the scratch copy sorts by C`);
    await create('C', 'C');
  }
}

async function createExtensions(
  inside: DatabaseConnection,
  source: SourceFacts,
  major: number,
  remarks: string[],
): Promise<{ existing: Set<string>; missing: InstalledExtension[] }> {
  const rows = await inside.query<{ name: string }>('SELECT name FROM pg_catalog.pg_available_extensions');
  const available = new Set(rows.map((row) => row.name));
  const existing = new Set(['public']);
  const missing: InstalledExtension[] = [];
  for (const extension of source.extensions) {
    if (!available.has(extension.name)) {
      if (extension.dependents.length > 0) throw new ExtensionMissing(extension, major);
      missing.push(extension);
      continue;
    }
    if (!existing.has(extension.schema) && extension.schema !== 'pg_catalog') {
      await inside.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(extension.schema)} AUTHORIZATION ${role}`);
      existing.add(extension.schema);
    }
    try {
      await inside.query(
        `CREATE EXTENSION IF NOT EXISTS ${quoted(extension.name)} SCHEMA ${quoted(extension.schema)} CASCADE`,
      );
    } catch (error) {
      // Some want to be loaded with the server (pg_cron, pg_net): they would start jobs and requests of the copy, so they are not.
      if (extension.dependents.length > 0 || isConnectionLost(error)) throw notMade(extension.name, error);
      remarks.push(`extension ${extension.name} cannot be made on a scratch server (SQLSTATE ${sqlstateOf(error)})`);
      missing.push(extension);
      continue;
    }
    for (const table of extension.tables) {
      await inside.query(`GRANT ALL ON TABLE ${table} TO ${role}`).catch(() => {});
    }
  }
  await inside.query(`ALTER SCHEMA public OWNER TO ${role}`);
  if (!source.schemas.includes('public')) await inside.query('DROP SCHEMA public');
  return { existing, missing };
}

function notMade(name: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return new Error(`the scratch server could not make the extension ${name}, which the database needs: ${why}`, {
    cause: error,
  });
}

/** Servers and foreign tables can be made of a wrapper without a handler, with any options, and reach nothing (S24). */
async function createWrappers(inside: DatabaseConnection, names: readonly string[]): Promise<void> {
  const rows = await inside.query<{ name: string }>('SELECT fdwname AS name FROM pg_catalog.pg_foreign_data_wrapper');
  const there = new Set(rows.map((row) => row.name));
  for (const name of names) {
    const change = there.has(name) ? 'ALTER' : 'CREATE';
    await inside.query(`${change} FOREIGN DATA WRAPPER ${quoted(name)} NO HANDLER NO VALIDATOR`);
    await inside.query(`GRANT USAGE ON FOREIGN DATA WRAPPER ${quoted(name)} TO ${role}`);
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
