import type { BackupSchedule } from '#config/parse-backup-schedule';
import { cronLinesOfCallers } from './callers.ts';

/**
 * A warning where ops.yml says when backups are made and no workflow starts them. Where ops.yml leaves the time open, any schedule of
 * the caller is as good. Pure.
 */
export function judgeBackupCaller(
  environment: string,
  schedule: BackupSchedule,
  workflows: readonly string[],
): string | undefined {
  const lines = cronLinesOfCallers(workflows, { workflow: 'backup', environment, standard: 'production' });
  if (schedule.timeIsSaid ? lines.includes(schedule.cron) : lines.length > 0) return undefined;
  const found = lines.length === 0 ? 'starts it by a schedule' : `does so, but by ${lines.join(' and ')}`;
  return `database.backup.schedule: backups of ${environment} are meant to be made by the schedule ${schedule.cron}, and no file of .github/workflows that calls backup.yml ${found} (docs/how-to/backups.md, "Every night")`;
}

/** A warning where ops.yml says how often stored backups are verified again, and no workflow that has a schedule does so. Pure. */
export function judgeVerificationCaller(environment: string, workflows: readonly string[]): string | undefined {
  const called = { workflow: 'backup', environment, standard: 'production', input: 'verify' };
  if (cronLinesOfCallers(workflows, called).length > 0) return undefined;
  return `database.backup.verify-every: stored backups of ${environment} are meant to be verified again by a schedule, and no file of .github/workflows that has one gives backup.yml the input verify (docs/how-to/backups.md, "Each week: what lies there is verified again")`;
}
