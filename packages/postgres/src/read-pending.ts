import type { MigrationPhase } from './classify-migrations.ts';
import { connect } from './connection.ts';
import { inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { readMigrationHistory } from './migration-history.ts';
import { isEmptyDatabase } from './read-schema.ts';

/**
 * What a migration would find now: connects, reads the history in one query, compares it with the folder and classifies
 * what is pending. Takes no lock and changes nothing; for preflight. @throws DatabaseUrlError, DatabaseUnreachable.
 */
export async function readPending(
  url: string,
  directory: string,
  options: { phase?: MigrationPhase; toVersion?: string; signal?: AbortSignal } = {},
): Promise<MigrationInspection> {
  const connection = await connect(url, {
    applicationName: 'ops-actions preflight',
    statementTimeoutMs: 10_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const { applied } = await readMigrationHistory(connection);
    const { phase, toVersion } = options;
    return await inspectMigrations({
      directory,
      applied: applied.map((row) => row.version),
      // Asked only where it matters: with a history the database holds what its files made.
      ...(applied.length > 0 ? {} : { empty: await isEmptyDatabase(connection) }),
      ...(phase === undefined ? {} : { phase }),
      ...(toVersion === undefined ? {} : { toVersion }),
    });
  } finally {
    await connection.close();
  }
}
