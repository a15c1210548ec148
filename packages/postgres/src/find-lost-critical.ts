import type { MigrationFinding } from './classify-migrations.ts';
import type { DatabaseConnection } from './connection.ts';
import { criticalFiles, criticalFinding, withoutCritical } from './critical-files.ts';
import { readMigrationHistory } from './migration-history.ts';
import { readMigrations } from './read-migrations.ts';
import { isEmptyDatabase } from './read-schema.ts';

/**
 * `lost`: critical files that the history of this database does not have. `unknown`: names of those about which nobody can be
 * asked, because the tool keeps no history where the Supabase CLI does; `empty`: in a database without any object.
 */
export type CriticalLook = { lost: MigrationFinding[] } | { unknown: string[]; empty: boolean };

/** For a tool of one's own. @throws errors of the database. */
export async function findLostCritical(
  connection: DatabaseConnection,
  directory: string,
  named: readonly string[],
): Promise<CriticalLook> {
  const { files } = await readMigrations(directory);
  const critical = criticalFiles(files, named);
  if (critical.length === 0) return { lost: [] };
  const { applied } = await readMigrationHistory(connection);
  if (applied.length === 0)
    return { unknown: critical.map(({ file }) => file), empty: await isEmptyDatabase(connection) };
  const versions = applied.map(({ version }) => version);
  return { lost: withoutCritical(critical, versions, []).map((one) => criticalFinding(one, files)) };
}
