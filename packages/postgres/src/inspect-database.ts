import type { DatabaseConnection } from './connection.ts';
import { findEdited } from './edited-files.ts';
import { type InspectionOptions, inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { readAppliedTexts, readMigrationHistory } from './migration-history.ts';
import { isEmptyDatabase } from './read-schema.ts';
import { readTableFacts } from './read-table-facts.ts';

/**
 * What a migration would find now: reads the history in one query, compares it with the folder and classifies what is
 * pending. Takes no lock and changes nothing; for preflight. @throws errors of the database.
 */
export async function inspectDatabase(
  connection: DatabaseConnection,
  directory: string,
  options: InspectionOptions,
): Promise<MigrationInspection> {
  const [{ applied }, empty] = await Promise.all([
    readMigrationHistory(connection),
    options.empty ?? isEmptyDatabase(connection),
  ]);
  return await inspectMigrations({
    // It matters only without a history: with one the database holds what its files made.
    ...(applied.length > 0 ? {} : { empty }),
    ...options,
    directory,
    applied: applied.map((row) => row.version),
    edited: (files) => findEdited(files, applied, (versions) => readAppliedTexts(connection, versions)),
    tables: (relations) => readTableFacts(connection, relations),
  });
}
