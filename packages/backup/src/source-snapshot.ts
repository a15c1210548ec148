import { connect, type DatabaseConnection } from '#postgres/connection';
import type { DatabaseSettings } from '#postgres/database-url';
import { BackupFailed } from './backup-error.ts';
import { comparableSession, type Relation, readRelations } from './database-contents.ts';
import { type InstalledExtension, readExtensions } from './source-extensions.ts';

/** One moment of the source, held open so that pg_dump and our own counting see the same rows. */
export interface SourceSnapshot {
  connection: DatabaseConnection;
  settings: DatabaseSettings;
  /** For `pg_dump --snapshot`. */
  snapshot: string;
  major: number;
  version: string;
  databaseBytes: number;
  /** Absent where the role may not ask. */
  systemIdentifier?: string;
  encoding: string;
  collate: string;
  characterType: string;
  roles: string[];
  schemas: string[];
  relations: Relation[];
  /** Tables of a platform's own schemas that this role may not read: in no backup, and said. */
  unreadable: string[];
  extensions: InstalledExtension[];
  close(): Promise<void>;
}

/** Schemas that Supabase runs itself; a role of the project cannot read all of them (supabase.md §4). */
const platformSchema =
  /^(_analytics|_realtime|_supavisor|auth|cron|extensions|graphql|graphql_public|net|pgbouncer|pgmq|pgsodium.*|pgtle|realtime|repack|storage|supabase_functions|tiger.*|timescaledb_.*|topology|vault)$/;

const factsQuery = `SELECT pg_catalog.pg_export_snapshot() AS snapshot, pg_catalog.current_setting('server_version') AS version,
    pg_catalog.pg_database_size(d.oid)::text AS bytes, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
    d.datcollate AS collate, d.datctype AS ctype
  FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`;

/** @throws BackupFailed `source_unreadable` when a table of the user's own may not be read; DatabaseUnreachable. */
export async function openSourceSnapshot(url: string, signal?: AbortSignal): Promise<SourceSnapshot> {
  const connection = await connect(url, {
    applicationName: 'ops-actions backup',
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await connection.query(comparableSession);
    await connection.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const [facts] = await connection.query<{
      snapshot: string;
      version: string;
      bytes: string;
      encoding: string;
      collate: string;
      ctype: string;
    }>(factsQuery);
    if (facts === undefined) throw new Error('the server did not describe its database');
    const all = await readRelations(connection);
    const refused = all.filter((relation) => !relation.readable && relation.kind !== 'view');
    const own = refused.filter((relation) => !platformSchema.test(relation.schema));
    if (own.length > 0) throw unreadable(connection.settings.user, own);
    const unreadableNames = new Set(refused.map((relation) => relation.name));
    const systemIdentifier = await readSystemIdentifier(connection);
    return {
      connection,
      settings: connection.settings,
      snapshot: facts.snapshot,
      major: Math.floor(connection.serverVersion / 10_000),
      version: facts.version,
      databaseBytes: Number(facts.bytes),
      ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
      encoding: facts.encoding,
      collate: facts.collate,
      characterType: facts.ctype,
      roles: await readNames(
        connection,
        `SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`,
      ),
      schemas: await readNames(
        connection,
        `SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`,
      ),
      relations: all
        .filter((relation) => !unreadableNames.has(relation.name))
        .map(({ name, kind }) => ({ name, kind })),
      unreadable: [...unreadableNames],
      extensions: await readExtensions(connection),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function readNames(connection: DatabaseConnection, query: string): Promise<string[]> {
  return (await connection.query<{ name: string }>(query)).map((row) => row.name);
}

async function readSystemIdentifier(connection: DatabaseConnection): Promise<string | undefined> {
  const [allowed] = await connection.query<{ may: boolean }>(
    `SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may`,
  );
  if (allowed?.may !== true) return undefined;
  const [row] = await connection.query<{ id: string }>(
    'SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()',
  );
  return row?.id;
}

function unreadable(user: string, tables: readonly Relation[]): BackupFailed {
  const names = tables.slice(0, 5).map((table) => table.name);
  const more = tables.length > names.length ? ` and ${tables.length - names.length} more` : '';
  return new BackupFailed(
    'source_unreadable',
    `role ${user} may not read ${names.join(', ')}${more}, so a backup would miss them; connect as their owner, or GRANT SELECT on them to ${user}`,
  );
}
