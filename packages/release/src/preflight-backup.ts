import { skipsBackup } from '#config/backup-policy';
import type { GitHub } from '#github/client';
import type { PlatformBackups } from '#supabase/platform-backups';
import { backupAgeFindings } from './backup-age.ts';
import type { PlatformPoint } from './check-restore-point.ts';
import type { Finding } from './decide-preflight.ts';
import { describeLastDrill, tryReadDrills } from './drill-record.ts';
import type { DatabaseInspection } from './inspect-database.ts';
import type { PreflightRequest } from './preflight-types.ts';

// What preflight says of restore points, and what it hands on to whoever checks them.

/** A fresh proven backup in front of the first file is better than any earlier one. */
export async function confirmedBackup(
  github: GitHub | undefined,
  { settings, throwAway, platform, weakerBackup }: PreflightRequest,
  { toApply, command }: DatabaseInspection,
  now: number | undefined,
): Promise<Finding[]> {
  const own =
    !skipsBackup(settings.database, throwAway) && platform === undefined && weakerBackup?.maxAgeMs === undefined;
  const changes =
    toApply.length > 0 || (command !== undefined && (settings.database.apply ?? 'automatic') === 'automatic');
  // Without the ledger preflight is refused for that alone.
  if (now === undefined) return [];
  const { environment } = settings;
  return await backupAgeFindings(github, {
    environment,
    maxAgeMs: settings.release.backupAgeMs,
    makesOne: own && changes,
    now,
  });
}

/** The restore point of the platform, with what the ledger says of drills. */
export function platformPoint(
  github: GitHub | undefined,
  { settings, weakerBackup }: PreflightRequest,
  { backups }: { backups: PlatformBackups | undefined },
): PlatformPoint {
  return {
    backups,
    lastDrill: async () => describeLastDrill(await tryReadDrills(github, settings.environment, () => undefined)),
    earlierBackup: weakerBackup?.maxAgeMs !== undefined,
    now: Date.now(),
  };
}

/** A policy of ops.yml that the workflow file does not back is no policy: said here, because a backup costs time. */
export function backupFindings({ settings, throwAway }: PreflightRequest): Finding[] {
  if (settings.database.backupPolicy !== 'skip' || throwAway) return [];
  return [
    {
      code: 'backup_not_skipped',
      severity: 'notice',
      message: 'database.backup.policy: skip counts only with throw-away: true in the workflow file; a backup is made',
    },
  ];
}
