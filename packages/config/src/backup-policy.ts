import type { DatabaseSettings } from './settings.ts';

/**
 * Whether ops.yml lets migrations run without a backup: only where the workflow file says that the data may be lost
 * (design §10). Elsewhere a backup is made whatever the file says. Pure.
 */
export function skipsBackup(database: Pick<DatabaseSettings, 'backupPolicy'>, throwAway: boolean): boolean {
  return throwAway && database.backupPolicy === 'skip';
}

/** Less than a restore that ops.yml asks for as the proof of a backup: it counts in the same place only. Pure. */
export function weakerProof(
  database: Pick<DatabaseSettings, 'backupVerify'>,
  throwAway: boolean,
): 'structure' | 'checksum' | undefined {
  const { backupVerify } = database;
  return throwAway && backupVerify !== 'restore' ? backupVerify : undefined;
}
