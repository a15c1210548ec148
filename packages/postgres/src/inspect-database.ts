import { isDeepStrictEqual } from 'node:util';
import type { DatabaseConnection } from './connection.ts';
import { findEdited } from './edited-files.ts';
import type { Exposure } from './foretell-advice.ts';
import { type InspectionOptions, inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { readAppliedTexts, readMigrationHistory } from './migration-history.ts';
import { readExposure } from './read-exposure.ts';
import { isEmptyDatabase } from './read-schema.ts';
import { readTableFacts } from './read-table-facts.ts';

/**
 * What a migration would find now: reads the history in one query, compares it with the folder and classifies what is
 * pending. Takes no lock and changes nothing; for preflight. @throws errors of the database.
 *
 * A second look, given what the `first` one found, asks the database anew and all at once: only the folder is as it was.
 */
export async function inspectDatabase(
  connection: DatabaseConnection,
  directory: string,
  options: InspectionOptions,
  first?: MigrationInspection,
): Promise<MigrationInspection> {
  const again = first === undefined ? undefined : readTableFacts(connection, first.relations);
  again?.catch(() => {});
  // In this order: what another run applies between the two is then in the history, and no object without one.
  const [empty, { applied }] = await Promise.all([
    options.empty ?? isEmptyDatabase(connection),
    readMigrationHistory(connection),
  ]);
  // What may be asked for next travels with what is: a distant database costs its round trips.
  let exposure: Promise<Exposure> | undefined;
  const askExposure = () => {
    exposure ??= readExposure(connection);
    exposure.catch(() => {});
    return exposure;
  };
  return await inspectMigrations({
    // It matters only without a history: with one the database holds what its files made.
    ...(applied.length > 0 ? {} : { empty }),
    ...options,
    directory,
    ...(first === undefined ? {} : { first }),
    applied: applied.map((row) => row.version),
    edited: (files) => findEdited(files, applied, (versions) => readAppliedTexts(connection, versions)),
    exposure: askExposure,
    tables: async (relations) => {
      if (again !== undefined && isDeepStrictEqual(relations, first?.relations)) return await again;
      void askExposure();
      return await readTableFacts(connection, relations);
    },
  });
}
