import { type MigrationSession, openMigrationSession } from '#postgres/migration-session';
import type { MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/** The session of a run in any mode, which says that it waits for another one (I9). @throws as `openMigrationSession`. */
export async function openSession(
  { url, renewUrl }: Pick<MigrateOptions, 'renewUrl'> & { url: string },
  ports: Pick<MigrationPorts, 'log' | 'signal'>,
  lock: 'at once' | 'later' = 'at once',
): Promise<MigrationSession> {
  return await openMigrationSession(url, {
    signal: ports.signal,
    renewUrl,
    lock,
    onWait: (holder) => {
      const who = holder === undefined ? '' : ` (session ${holder.pid})`;
      ports.log(`another migration is running${who}; waiting for it to end`);
    },
  });
}
