import type { MigrationSession } from '#postgres/migration-session';
import { nextVersion } from '#postgres/plan-migrations';
import type { MigrationFile } from '#postgres/read-migrations';
import { type OtherWays, otherWays } from '#release/decide-database-back';
import type { MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/** What a person can do where rollback SQL is not run, each with its command and what it would lose. */
export async function insteadOf(
  session: MigrationSession,
  { back }: Pick<MigrateOptions, 'back'>,
  files: readonly MigrationFile[],
  ports: Pick<MigrationPorts, 'newestBackup' | 'now'>,
): Promise<string[]> {
  const { policy, forwardFixMs, environment } = back;
  const now = ports.now();
  const backup = policy?.includes('restore') === true ? await session.whileIdle(() => ports.newestBackup()) : undefined;
  return otherWays({
    policy,
    environment,
    ...(backup === undefined
      ? {}
      : {
          restorePoint: {
            manifestFile: backup.manifestFile,
            takenAt: (backup.source.snapshotAt ?? backup.createdAt) * 1000,
            restoreSeconds: backup.seconds.restore,
          },
          since: await writtenSince(session, backup),
        }),
    nextVersion: nextVersion(files.at(-1)?.version ?? '0', 1),
    fixBy: forwardFixMs === undefined ? undefined : now + forwardFixMs,
    now,
  });
}

/** As far as the server counts it: its log since the snapshot, and rows as it estimates them. */
async function writtenSince(
  { connection }: MigrationSession,
  backup: { rows: number; source: { lsn?: string | undefined } },
): Promise<OtherWays['since']> {
  const { lsn } = backup.source;
  try {
    const [row] = await connection.query<{ bytes: string | null; rows: string | null }>(
      `SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), $1::pg_catalog.pg_lsn)::text AS bytes,
              (SELECT sum(n_live_tup) FROM pg_catalog.pg_stat_user_tables WHERE schemaname <> 'supabase_migrations')::text AS rows`,
      [lsn ?? null],
    );
    const rows = Number(row?.rows ?? 0);
    return {
      ...(row?.bytes == null ? {} : { walBytes: Number(row.bytes) }),
      // Statistics that were reset say nothing.
      ...(rows > 0 ? { rows: rows - backup.rows } : {}),
    };
  } catch {
    // A role that may not read the position of the log.
    return undefined;
  }
}
