import type { DatabaseConnection } from '#postgres/connection';
import type { WantedPostgres } from './find-postgres.ts';
import { type InstalledExtension, readExtensions } from './source-extensions.ts';
import { projectReference } from './source-identity.ts';

/** Owns the schemas of every Supabase database, hosted or not. */
const supabaseOwner = 'supabase_admin';

/** The server that a backup of this database has to be restored into. */
export async function wantedFor(connection: DatabaseConnection): Promise<WantedPostgres> {
  const number = connection.serverVersion;
  const rows = await connection.query<{ supabase: boolean }>(
    `SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${supabaseOwner}') AS supabase`,
  );
  const supabase = projectReference(connection.settings) !== undefined || rows[0]?.supabase === true;
  return wanted({
    version: `${Math.floor(number / 10_000)}.${number % 10_000}`,
    supabase,
    extensions: await readExtensions(connection),
  });
}

/** The same, by what lies beside a stored dump. Pure. */
export function wantedForBackup(source: {
  serverVersion: string;
  roles: readonly string[];
  extensions: readonly Pick<InstalledExtension, 'name' | 'dependents'>[];
}): WantedPostgres {
  const [version = ''] = /^\d+(?:\.\d+)?/.exec(source.serverVersion) ?? [];
  return wanted({ version, supabase: source.roles.includes(supabaseOwner), extensions: source.extensions });
}

function wanted(given: {
  version: string;
  supabase: boolean;
  extensions: readonly Pick<InstalledExtension, 'name' | 'dependents'>[];
}): WantedPostgres {
  return {
    major: Number.parseInt(given.version, 10),
    version: given.version,
    server: true,
    ...(given.supabase ? { platform: 'supabase' } : {}),
    // What nothing depends on is left out of a scratch restore where it is missing.
    extensions: given.extensions.flatMap(({ name, dependents }) => (dependents.length > 0 ? [name] : [])),
  };
}
