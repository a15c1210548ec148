import { isDeepStrictEqual } from 'node:util';
import type { DatabaseConnection } from './connection.ts';
import { findEdited } from './edited-files.ts';
import type { Exposure } from './foretell-advice.ts';
import { type InspectionOptions, inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { type AppliedMigration, readAppliedTexts, readMigrationHistory } from './migration-history.ts';
import { readExposure } from './read-exposure.ts';
import { readMigrations } from './read-migrations.ts';
import { isEmptyDatabase } from './read-schema.ts';
import { readTableFacts } from './read-table-facts.ts';
import type { FactsOf } from './table-facts.ts';

/** What was concluded, with the state of the database that it follows from. */
export interface DatabaseLook extends MigrationInspection {
  state: DatabaseState;
}

interface DatabaseState {
  /** Sorted by version. */
  history: AppliedMigration[];
  /** It matters only without a history: with one the database holds what its files made. */
  empty?: boolean;
}

/**
 * What a migration would find now: reads the history in one query, compares it with the folder and classifies what is
 * pending. Takes no lock and changes nothing; for preflight. @throws errors of the database.
 *
 * A second look, given the `first` one, asks the database anew and all at once, and concludes anew only where it says
 * something else; folder and options are those of the first.
 */
export async function inspectDatabase(
  connection: DatabaseConnection,
  directory: string,
  options: InspectionOptions,
  first?: DatabaseLook,
): Promise<DatabaseLook> {
  const facts = first === undefined ? undefined : readTableFacts(connection, first.relations);
  facts?.catch(() => {});
  const asked = readState(connection, options);
  asked.catch(() => {});
  // Read while the database is waited for.
  const folder = first ?? (await readMigrations(directory));
  const state = await asked;
  if (first !== undefined && facts !== undefined && saysTheSame(first, state, await facts)) return first;
  // What may be asked for next travels with what is: a distant database costs its round trips.
  let exposure: Promise<Exposure> | undefined;
  const askExposure = () => {
    exposure ??= readExposure(connection);
    exposure.catch(() => {});
    return exposure;
  };
  const inspection = await inspectMigrations({
    ...(state.empty === undefined ? {} : { empty: state.empty }),
    ...options,
    folder,
    applied: state.history.map((row) => row.version),
    edited: (files) => findEdited(files, state.history, (versions) => readAppliedTexts(connection, versions)),
    exposure: askExposure,
    tables: async (relations) => {
      if (facts !== undefined && isDeepStrictEqual(relations, first?.relations)) return await facts;
      void askExposure();
      return await readTableFacts(connection, relations);
    },
  });
  return { ...inspection, state };
}

async function readState(connection: DatabaseConnection, options: InspectionOptions): Promise<DatabaseState> {
  // In this order: what another run applies between the two is then in the history, and no object without one.
  const [empty, { applied }] = await Promise.all([
    options.empty ?? isEmptyDatabase(connection),
    readMigrationHistory(connection),
  ]);
  return { history: applied, ...(applied.length > 0 ? {} : { empty }) };
}

/** The conclusions of the first look hold: the history, from which the edited files follow, and the tables are as they were. Pure. */
function saysTheSame(first: DatabaseLook, state: DatabaseState, facts: FactsOf): boolean {
  return (
    isDeepStrictEqual(state, first.state) &&
    first.relations.every((relation) => isDeepStrictEqual(facts(relation), first.facts(relation)))
  );
}
