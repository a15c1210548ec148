import type { PlatformBackup, PlatformState } from './platform-backups.ts';
import { isThere } from './project-status.ts';

/** A moment in Unix seconds, or the id of a daily backup. */
export type RestoreChoice = { kind: 'time'; time: number } | { kind: 'backup'; id: number };

export type RestoreJudgement =
  /** `to`: Unix seconds whose state comes back; `lost`: seconds of writes that go. */
  | { kind: 'ready'; to: number; lost: number }
  /** A restore is under way already. */
  | { kind: 'restoring' }
  | { kind: 'refused'; reasonCode: string; message: string };

/** Whether the platform can go back there now. `now` in Unix seconds. Pure. */
export function judgePlatformRestore(state: PlatformState, choice: RestoreChoice, now: number): RestoreJudgement {
  const { status, pointInTime, earliest, latest, backups } = state;
  const refuse = (reasonCode: string, message: string) => ({ kind: 'refused' as const, reasonCode, message });
  if (status === 'RESTORING') return { kind: 'restoring' };
  if (status === 'INACTIVE' || status === 'PAUSING' || status === 'PAUSED')
    return refuse('project_paused', 'the Supabase project is paused: restore it in the dashboard, then run again');
  // A damaged database may well be unhealthy.
  if (!isThere(status)) return refuse('project_not_ready', `the Supabase project is ${status}; nothing was asked for`);
  if (choice.kind === 'backup') {
    const found = backups.find(({ id }) => id === choice.id);
    if (found === undefined || found.status !== 'COMPLETED') {
      const what = found === undefined ? 'does not stand in the list of the platform' : `is ${found.status}`;
      return refuse('backup_unknown', `backup ${choice.id} ${what}; there are: ${describeBackups(backups)}`);
    }
    return { kind: 'ready', to: found.at, lost: Math.max(0, now - found.at) };
  }
  if (!pointInTime)
    return refuse(
      'point_in_time_not_offered',
      `this project has no point-in-time recovery (an add-on); its daily backups are: ${describeBackups(backups)}`,
    );
  if (earliest === undefined || latest === undefined)
    return refuse('window_unknown', 'the platform names no window of point-in-time recovery; nothing was asked for');
  if (choice.time < earliest || choice.time > latest)
    return refuse(
      'outside_window',
      `${describeMoment(choice.time)} is outside of what the platform can go back to: ${describeMoment(earliest)} to ${describeMoment(latest)}`,
    );
  return { kind: 'ready', to: choice.time, lost: Math.max(0, now - choice.time) };
}

/** The points that can be chosen, in words. Pure. */
export function describePoints({ pointInTime, earliest, latest, backups }: PlatformState): string {
  const window =
    pointInTime && earliest !== undefined && latest !== undefined
      ? `any moment from ${describeMoment(earliest)} to ${describeMoment(latest)} (recovery-time)`
      : 'no moment of your choice (no point-in-time recovery)';
  return `${window}; daily backups (platform-backup): ${describeBackups(backups)}`;
}

function describeBackups(backups: readonly PlatformBackup[]): string {
  const usable = backups.filter(({ id, status }) => id !== undefined && status === 'COMPLETED');
  return usable.length === 0 ? 'none' : usable.map(({ id, at }) => `${id} of ${describeMoment(at)}`).join(', ');
}

/**
 * Unix seconds of a moment as people write it, e.g. `2026-01-24T09:00:00Z` or `2026-01-24 09:00 +01:00`; undefined without a
 * time zone, for whose it would be is a guess that loses hours of data. Pure.
 */
export function parseMoment(text: string): number | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(?:\.\d+)? ?(Z|UTC|[+-]\d{2}:?\d{2})$/i.exec(
    text.trim(),
  );
  if (match === null) return undefined;
  const [, day = '', minute = '', second = ':00', zone = ''] = match;
  const offset = /^[zu]/i.test(zone) ? 'Z' : zone.replace(/^(.\d\d):?(\d\d)$/, '$1:$2');
  const time = Date.parse(`${day}T${minute}${second}${offset}`);
  if (Number.isNaN(time)) return undefined;
  // Date.parse takes 31 February for 3 March.
  const days = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(days.getTime()) && days.toISOString().startsWith(day) ? time / 1000 : undefined;
}

export function describeMoment(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 19)}Z`;
}
