import { nextVersion } from './plan-migrations.ts';

export const namings = ['timestamp', 'numbered'] as const;
/** `timestamp`: 14 digits in UTC, as the Supabase CLI writes them; `numbered`: 001, 002, … */
export type MigrationNaming = (typeof namings)[number];

export interface NewVersion {
  version: string;
  naming: MigrationNaming;
  /** The newest file of the folder, where that is ahead of the clock and the new one therefore counts on from it. */
  ahead?: string;
}

/**
 * The version of the next migration: in the style that is asked for, else in that of the newest file. It sorts after every
 * version there is, as text, or there is none (`problem`). Pure; `now` in milliseconds since the epoch.
 */
export function decideNewVersion(given: {
  versions: readonly string[];
  naming?: MigrationNaming | undefined;
  now: number;
}): NewVersion | { problem: string } {
  const newest = given.versions.toSorted().at(-1);
  const naming = given.naming ?? (newest === undefined || isDate(newest) ? 'timestamp' : 'numbered');
  const found = naming === 'timestamp' ? byTime(newest, given.now) : byNumber(newest);
  if (newest === undefined || found.version > newest) return { ...found, naming };
  const advice =
    naming === 'numbered'
      ? 'a time stamp would sort after it: --style timestamp'
      : 'a number would sort after it: --style numbered';
  return {
    problem: `${found.version} would sort before ${newest} and be applied out of order (versions are sorted as text); ${advice}`,
  };
}

/** Whole dates of 8 to 14 digits: a folder of days or minutes goes on with seconds, which sort after them. */
function isDate(version: string): boolean {
  return /^20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d\d){0,3}$/.test(version);
}

function byTime(newest: string | undefined, now: number): Omit<NewVersion, 'naming'> {
  const version = stamp(now);
  if (newest === undefined || version > newest || !/^\d{14}$/.test(newest)) return { version };
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(newest)?.map(Number) ?? [];
  const next = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, (second ?? 0) + 1);
  return { version: stamp(next), ahead: newest };
}

function stamp(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(0, 14);
}

function byNumber(newest: string | undefined): Omit<NewVersion, 'naming'> {
  return { version: newest === undefined ? '001' : nextVersion(newest, 1) };
}
