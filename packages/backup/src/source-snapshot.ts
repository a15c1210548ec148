import { connect, type DatabaseConnection } from '#postgres/connection';
import type { DatabaseSettings } from '#postgres/database-url';
import { BackupFailed } from './backup-error.ts';
import { comparableSession, type Relation, readRelations } from './database-contents.ts';
import { type ForeignView, readForeignViews } from './foreign-views.ts';
import { judgeRights } from './missing-rights.ts';
import { readRoles, type StoredRole } from './read-roles.ts';
import { readSequences, type SequenceState } from './read-sequences.ts';
import { type InstalledExtension, readExtensions } from './source-extensions.ts';
import { sourceIdentity } from './source-identity.ts';
import { beginStableSnapshot } from './stable-snapshot.ts';

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
  /** Tells databases apart without naming them. */
  identity: string;
  /** Unix seconds of the snapshot, by the server's clock. */
  snapshotAt: number;
  /** Position in the write-ahead log at the snapshot. */
  lsn: string;
  encoding: string;
  collate: string;
  characterType: string;
  /** Where the database sorts by ICU. */
  icuLocale?: string | undefined;
  roles: string[];
  roleDetails: StoredRole[];
  schemas: string[];
  relations: Relation[];
  /** As they were before pg_dump began. */
  sequences: SequenceState[];
  /** Quoted names of the only tables that are backed up; all where `selected` is false. */
  tables: string[];
  selected: boolean;
  /** Tables of a platform's own schemas that this role may not read: in no backup, and said. */
  unreadable: string[];
  extensions: InstalledExtension[];
  /** Materialized views that no scratch server can fill. */
  foreignViews: ForeignView[];
  /** Names of the foreign-data wrappers. */
  wrappers: string[];
  close(): Promise<void>;
}

export type ExportedSnapshot = Pick<
  SourceSnapshot,
  'connection' | 'settings' | 'snapshot' | 'unreadable' | 'tables' | 'selected'
>;

const factsQuery = `SELECT pg_catalog.current_setting('server_version') AS version,
    pg_catalog.pg_database_size(d.oid)::text AS bytes, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
    d.datcollate AS collate, d.datctype AS ctype, d.datname AS database,
    -- Its columns have other names from version to version, and none before PostgreSQL 15.
    CASE pg_catalog.to_jsonb(d) ->> 'datlocprovider' WHEN 'i'
         THEN coalesce(pg_catalog.to_jsonb(d) ->> 'daticulocale', pg_catalog.to_jsonb(d) ->> 'datlocale') END AS icu,
    date_part('epoch', pg_catalog.clock_timestamp()) AS at,
    (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
          ELSE pg_catalog.pg_current_wal_lsn() END)::text AS lsn
  FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()`;

/** A lock that is not to be had within this must not stall the release for ever. */
const lockTimeoutMs = 60_000;

/**
 * One consistent moment, with ACCESS SHARE on every table until `close`.
 * @throws BackupFailed `source_unreadable` when a table of the user's own may not be read whole, `source_busy`;
 * DatabaseUnreachable.
 */
export async function openSourceSnapshot(
  url: string,
  options: {
    signal?: AbortSignal | undefined;
    log?: ((line: string) => void) | undefined;
    /** Names of the only tables, as SQL writes them. */
    tables?: readonly string[];
    /** Called before anything is locked. */
    prepare?: (connection: DatabaseConnection) => Promise<void>;
    /** Called as soon as the snapshot is exported: who starts on it at once is less likely to find another session in its way. */
    onSnapshot?: (exported: ExportedSnapshot) => void;
  } = {},
): Promise<SourceSnapshot> {
  const { signal } = options;
  const connection = await connect(url, {
    applicationName: 'ops-actions backup',
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    await connection.query(comparableSession);
    const major = Math.floor(connection.serverVersion / 10_000);
    await options.prepare?.(connection);
    const tables = await selectTables(connection, options.tables ?? []);
    const early = await readSelected(connection, tables);
    await beginStableSnapshot(connection, { lockTimeoutMs, log: options.log ?? (() => {}) });
    // Under the locks no TRUNCATE can restart them; what the snapshot shows was numbered before.
    const sequences = await readSequences(connection);
    const [exported] = await connection.query<{ snapshot: string }>(
      'SELECT pg_catalog.pg_export_snapshot() AS snapshot',
    );
    const snapshot = {
      connection,
      settings: connection.settings,
      snapshot: exported?.snapshot ?? '',
      tables,
      selected: tables.length > 0,
      unreadable: early.unreadable,
    };
    options.onSnapshot?.(snapshot);
    const [facts] = await connection.query<{
      version: string;
      bytes: string;
      encoding: string;
      collate: string;
      ctype: string;
      icu: string | null;
      database: string;
      at: number;
      lsn: string;
    }>(factsQuery);
    if (facts === undefined) throw new Error('the server did not describe its database');
    const { relations, unreadable } = await readSelected(connection, tables);
    if (unreadable.join() !== early.unreadable.join()) {
      throw new BackupFailed('source_busy', 'tables or rights on them changed while the backup began; run it again');
    }
    const systemIdentifier = await readSystemIdentifier(connection);
    const roleDetails = await readRoles(connection);
    return {
      ...snapshot,
      major,
      version: facts.version,
      databaseBytes: Number(facts.bytes),
      ...(systemIdentifier === undefined ? {} : { systemIdentifier }),
      identity: sourceIdentity(connection.settings, facts.database, systemIdentifier),
      snapshotAt: facts.at,
      lsn: facts.lsn,
      encoding: facts.encoding,
      collate: facts.collate,
      characterType: facts.ctype,
      ...(facts.icu === null ? {} : { icuLocale: facts.icu }),
      roles: roleDetails.map((role) => role.name),
      roleDetails,
      schemas: await readNames(
        connection,
        `SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`,
      ),
      relations,
      sequences,
      extensions: await readExtensions(connection),
      foreignViews: await readForeignViews(connection),
      wrappers: await readNames(
        connection,
        'SELECT fdwname AS name FROM pg_catalog.pg_foreign_data_wrapper ORDER BY 1',
      ),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** The relations that are backed up, and those of the platform that cannot be. @throws BackupFailed `source_unreadable`. */
async function readSelected(
  connection: DatabaseConnection,
  tables: readonly string[],
): Promise<{ relations: Relation[]; unreadable: string[] }> {
  const all = (await readRelations(connection)).filter(
    ({ name, ownedBy }) => tables.length === 0 || tables.includes(name) || tables.includes(ownedBy ?? ''),
  );
  const { missing, unreadable } = judgeRights(connection.settings.user, all);
  if (missing.length > 0) {
    const problems = missing.map(({ message, fix }) => `${message}; ${fix}`);
    throw new BackupFailed('source_unreadable', problems.join('; '));
  }
  const names = new Set(unreadable);
  const relations = all.filter((relation) => !names.has(relation.name)).map(({ name, kind }) => ({ name, kind }));
  return { relations, unreadable };
}

/** @throws BackupFailed `source_unreadable` that lists every name that is no table. */
async function selectTables(connection: DatabaseConnection, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const unknown: string[] = [];
  for (const name of names) {
    // The search path is empty: a name without schema means public.
    const [row] = await connection
      .query<{ name: string | null }>(
        `SELECT (SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class AS c
           JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
          WHERE c.relkind IN ('r', 'p') AND c.oid = coalesce(pg_catalog.to_regclass($1), pg_catalog.to_regclass('public.' || $1))) AS name`,
        [name],
      )
      .catch(() => [{ name: null }]);
    if (row?.name) found.push(row.name);
    else unknown.push(name);
  }
  if (unknown.length === 0) return found;
  throw new BackupFailed(
    'source_unreadable',
    `no table ${unknown.join(', ')} in the database; write names as SQL does: tasks, public.tasks or public."Odd Name"`,
  );
}

async function readNames(connection: DatabaseConnection, query: string): Promise<string[]> {
  return (await connection.query<{ name: string }>(query)).map((row) => row.name);
}

/** Undefined where the role may not ask. */
export async function readSystemIdentifier(connection: DatabaseConnection): Promise<string | undefined> {
  const [allowed] = await connection.query<{ may: boolean }>(
    `SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') AS may`,
  );
  if (allowed?.may !== true) return undefined;
  const [row] = await connection.query<{ id: string }>(
    'SELECT system_identifier::text AS id FROM pg_catalog.pg_control_system()',
  );
  return row?.id;
}
