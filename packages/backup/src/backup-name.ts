/** As names were before anybody could choose one. */
export const standardPattern = 'backup-{environment}-{date}T{time}Z';

/**
 * Name of one backup. Run and attempt, and for what a run makes another one, stand at its end whatever the pattern is, because two
 * backups of one day or second must not meet: a store never replaces what it has. Pure.
 */
export function backupName(given: {
  /** `{environment}`, `{date}` (20260124) and `{time}` (101500), both in UTC. */
  pattern?: string | undefined;
  environment: string;
  /** Milliseconds since the epoch. */
  at: number;
  runId: number;
  runAttempt: number;
  /** Of a restore point that a release makes beside its first one. */
  purpose?: 'contract' | 'undo' | undefined;
}): string {
  const [date = '', time = ''] = new Date(given.at)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/g, '')
    .split('T');
  const values: Record<string, string> = { environment: given.environment, date, time };
  const pattern = given.pattern ?? standardPattern;
  const name = pattern.replaceAll(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  return `${name.replaceAll(/[^\w.-]+/g, '-')}-${given.runId}.${given.runAttempt}${given.purpose === undefined ? '' : `-${given.purpose}`}`;
}

const beforeRestore = 'before-restore-';

/** Of the state that a restore is about to give up; `at` in milliseconds since the epoch. Pure. */
export function beforeRestoreName({
  at,
  runId,
  runAttempt,
}: {
  at: number;
  runId: number;
  runAttempt: number;
}): string {
  const time = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${beforeRestore}${time}-${runId}.${runAttempt}`;
}

/** Whether a backup holds a state that a restore was to give up: no restore point for what came after it. Pure. */
export function isBeforeRestore(name: string): boolean {
  return name.startsWith(beforeRestore);
}
