import { isSufficient } from '#backup/manifest';
import type { MigrationSession } from '#postgres/migration-session';
import type { MadeBackup, Migration, MigrationPorts } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';

/**
 * The restore point that has to be there before anything is changed. `backup` is absent only where the options say skip;
 * `failed` means that nothing may be started.
 */
export async function provenBackup(
  session: MigrationSession,
  options: MigrateOptions,
  ports: Pick<MigrationPorts, 'createBackup' | 'platformPoint' | 'youngBackup' | 'log'>,
): Promise<{
  backup?: MadeBackup;
  point?: string;
  failed?: Omit<Extract<Migration, { kind: 'backup-failed' }>, 'inspection'>;
}> {
  if (options.backup === 'platform') {
    const taken = await session.whileIdle(() => ports.platformPoint());
    if ('point' in taken) return taken;
    // A point of the platform loses nothing; what max-age allows is older, and proven.
    const earlier = options.maxAgeMs === undefined ? undefined : await session.whileIdle(() => ports.youngBackup());
    if (earlier !== undefined) ports.log(`no restore point of the platform: ${taken.message}`);
    return earlier === undefined ? { failed: { kind: 'backup-failed', ...taken } } : { backup: earlier };
  }
  if (options.backup !== 'required') return {};
  const made = await session.whileIdle(() => ports.createBackup());
  if ('reasonCode' in made) return { failed: { kind: 'backup-failed', ...made } };
  const { verdict, message } = made.manifest.verification;
  if (isSufficient(made.manifest.verification)) return { backup: made };
  return {
    failed: { kind: 'backup-failed', reasonCode: `backup_${verdict.replaceAll('-', '_')}`, message, backup: made },
  };
}
