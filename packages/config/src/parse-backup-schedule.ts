/** When backups are made by themselves. `init` writes it into `backup.yml`, for GitHub starts workflows by their own files only. */
export interface BackupSchedule {
  /** Five fields, in UTC as GitHub's schedules. */
  cron: string;
  /** False where the words leave the time to us: then any other one is as good. */
  timeIsSaid: boolean;
  every: 'day' | 'week';
}

/** The forms of a schedule, for messages. */
export const backupScheduleForms =
  '"daily", "daily at 02:00 UTC", "weekly" or "weekly on Sunday at 02:00 UTC"; finer ones stand in the workflow file';

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** Reads a schedule from its words; at 02:00 UTC, on Sunday, where they say none. Throws an Error. */
export function parseBackupSchedule(given: string): BackupSchedule {
  const text = given.trim().replace(/\s+/g, ' ').toLowerCase();
  const form = /^(?:daily|(weekly)(?: on (\w+))?)(?: at ([01]\d|2[0-3]):([0-5]\d) utc)?$/;
  const match = form.exec(text);
  const [, weekly, day, hour = '02', minute = '00'] = match ?? [];
  const weekday = weekdays.indexOf(day ?? 'sunday');
  if (match === null || weekday < 0)
    throw new Error(`"${given.slice(0, 60)}" is not a schedule of backups: write ${backupScheduleForms}`);
  return {
    cron: `${Number(minute)} ${Number(hour)} * * ${weekly === undefined ? '*' : weekday}`,
    timeIsSaid: match[3] !== undefined,
    every: weekly === undefined ? 'day' : 'week',
  };
}
