import { type BackupSchedule, parseBackupSchedule } from '#config/parse-backup-schedule';
import { parseDuration } from '#config/parse-duration';
import type { Detected } from './detected.ts';
import type { NeededSecret } from './plan-init.ts';
import { sectionsOf } from './schedule-runs.ts';

/** What `backup.yml` says, decided. */
export interface BackupPlan {
  schedule: BackupSchedule;
  /** The verification of what is stored. */
  verification: {
    cron: string /** Where the preset does not say how often, so that its absence would not be red. */;
    maxAge?: string;
  };
  /** Cron line of the recovery drill. */
  drill: string;
  /** Where the preset names no drill whose absence would be red. */
  drillMaxAge?: string;
  /** Whether the preset keeps versions of storage objects. */
  storage: boolean;
  secrets: NeededSecret[];
  next: string[];
}

const dayMs = 24 * 60 * 60 * 1000;
const weekly = '0 4 * * 1';

/** Behind the backup of the same day, which begins at 02:00 unless the preset says otherwise. */
const drillTimes: Readonly<Record<string, string>> = {
  daily: '0 5 * * *',
  weekly: '0 5 * * 1',
  monthly: '0 5 1 * *',
  quarterly: '0 5 1 1,4,7,10 *',
  annually: '0 5 1 1 *',
};

/** Between the two: the newest stored backup is read back and restored again. */
function planVerification(every: string | undefined): BackupPlan['verification'] {
  if (every === undefined || every === 'after-deploy') return { cron: weekly, maxAge: '9d' };
  const days = parseDuration(every) / dayMs;
  if (days < 7) return { cron: '0 4 * * *' };
  return { cron: days < 28 ? weekly : '0 4 1 * *' };
}

/** The scheduled backups that a preset asks for; undefined where it asks for none or nothing of a database was found. Pure. */
export function planBackup(detected: Detected, preset: string | undefined): BackupPlan | undefined {
  const { database, drills = {} } = sectionsOf(preset);
  const words = database?.backup?.schedule;
  if (detected.supabase === undefined || words === undefined) return undefined;
  const storage = database?.backup?.retention?.storage !== undefined;
  const rhythm = drillTimes[drills['backup-restore'] ?? drills['disaster-recovery'] ?? ''];
  return {
    schedule: parseBackupSchedule(words),
    verification: planVerification(database?.backup?.['verify-every']),
    // Each key of a backup has to open one at least every 100 days (S27).
    drill: rhythm ?? (drillTimes.quarterly as string),
    ...(rhythm === undefined && { drillMaxAge: '100d' }),
    storage,
    secrets: backupSecrets(storage),
    next: [
      'say where scheduled backups lie as database.backup.destination in .github/ops.yml, e.g. s3://bucket/production with database.backup.region: artifacts end by the clock of GitHub, so backup.yml refuses them alone; the backup before a migration goes there as well, so give the two secrets of the bucket to deploy.yml, too (docs/how-to/backups.md)',
      'a recovery drill that also makes the app again replaces all there is in its database, so init writes none: the caller of its own is in docs/how-to/backups.md, "Rebuild the app as well"',
      ...(storage
        ? ['backup.yml copies the objects of Supabase Storage: name the project as supabase.project in .github/ops.yml']
        : []),
    ],
  };
}

function backupSecrets(storage: boolean): NeededSecret[] {
  const bucket = 'the store of the bucket: a key that may write, list and read there, and need not delete';
  return [
    { name: 'BACKUP_S3_ACCESS_KEY_ID', required: true, from: bucket },
    { name: 'BACKUP_S3_SECRET_ACCESS_KEY', required: true, from: 'the same' },
    {
      name: 'BACKUP_AGE_IDENTITY',
      required: true,
      from: 'the private key of the backups, for the verification and the recovery drill of backup.yml alone',
    },
    ...(storage
      ? [
          {
            name: 'SUPABASE_SERVICE_ROLE_KEY',
            required: true,
            from: 'Supabase → Project Settings → API Keys: a secret key (sb_secret_…), to read the objects of storage',
          },
        ]
      : []),
  ];
}
