import { connect, type DatabaseConnection } from './connection.ts';
import { findEdited } from './edited-files.ts';
import { type InspectionOptions, inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { readAppliedTexts, readMigrationHistory } from './migration-history.ts';
import { isEmptyDatabase } from './read-schema.ts';
import { readTableFacts } from './read-table-facts.ts';

/**
 * What a migration would find now: connects, reads the history in one query, compares it with the folder and classifies
 * what is pending. Takes no lock and changes nothing; for preflight. @throws DatabaseUrlError, DatabaseUnreachable.
 */
export async function readPending(
  url: string,
  directory: string,
  options: Omit<InspectionOptions, 'empty'> & { signal?: AbortSignal } = {},
): Promise<MigrationInspection> {
  const connection = await connect(url, {
    applicationName: 'ops-actions preflight',
    statementTimeoutMs: 10_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return await inspectDatabase(connection, directory, options).finally(() => connection.close());
}

/** The same on a session that is open already. */
export async function inspectDatabase(
  connection: DatabaseConnection,
  directory: string,
  options: InspectionOptions,
): Promise<MigrationInspection> {
  const { applied } = await readMigrationHistory(connection);
  return await inspectMigrations({
    // Asked only where it matters: with a history the database holds what its files made.
    ...(applied.length > 0 || options.empty !== undefined ? {} : { empty: await isEmptyDatabase(connection) }),
    ...options,
    directory,
    applied: applied.map((row) => row.version),
    edited: (files) => findEdited(files, applied, (versions) => readAppliedTexts(connection, versions)),
    tables: (relations) => readTableFacts(connection, relations),
  });
}
