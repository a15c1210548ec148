import type { MigrationPhase } from './classify-migrations.ts';
import { connect } from './connection.ts';
import { inspectMigrations, type MigrationInspection } from './inspect-migrations.ts';
import { readMigrationHistory } from './migration-history.ts';

/**
 * What a migration would find now: connects, reads the history in one query, compares it with the folder and classifies
 * what is pending. Takes no lock and changes nothing; for preflight. @throws DatabaseUrlError, DatabaseUnreachable.
 */
export async function readPending(
  url: string,
  directory: string,
  options: { phase?: MigrationPhase; signal?: AbortSignal } = {},
): Promise<MigrationInspection> {
  const connection = await connect(url, {
    applicationName: 'ops-actions preflight',
    statementTimeoutMs: 10_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const { applied } = await readMigrationHistory(connection);
    return await inspectMigrations({
      directory,
      applied: applied.map((row) => row.version),
      ...(options.phase === undefined ? {} : { phase: options.phase }),
    });
  } finally {
    await connection.close();
  }
}
