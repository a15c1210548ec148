import type { DrillDatabase } from './drill-database.ts';

/** A drill replaces and removes everything there is, so a database has to be none that anybody needs; undefined: it may. Pure. */
export function judgeDrillDatabase(
  found: DrillDatabase,
  given: {
    /** Identity in the manifest of the backup; absent in those of old versions. */
    source: string | undefined;
    /** Project of the environment, where it names one. */
    pinned: string | undefined;
    /** Typed in the workflow file. */
    confirm: string | undefined;
  },
): { reasonCode: string; message: string } | undefined {
  const refuse = (reasonCode: string, why: string) => ({
    reasonCode,
    message: `${why}; nothing in it was changed`,
  });
  if (given.source === undefined)
    return refuse('backup_source_unknown', 'the backup does not say which database it was made of: make a new one');
  if (found.identity === given.source)
    return refuse('drill_database_is_source', 'the database of the drill is the one that the backup was made of');
  if (found.project !== undefined && found.project === given.pinned)
    return refuse(
      'drill_database_is_source',
      `the database of the drill is in the environment's project ${found.project}`,
    );
  const expected = found.project ?? found.name;
  if (given.confirm !== expected) {
    const what = found.project === undefined ? 'the name of the database' : 'the reference of the project';
    const typed = given.confirm === undefined ? 'nothing was given' : `${given.confirm} was given`;
    return refuse('drill_database_not_confirmed', `${what} of the drill is ${expected}, and ${typed} as its name`);
  }
  if (found.tables > 0 && !found.marked)
    return refuse(
      'drill_database_not_empty',
      `the database of the drill has ${found.tables} ${found.tables === 1 ? 'table' : 'tables'} that no drill put there`,
    );
  return undefined;
}
