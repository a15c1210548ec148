import { describeMoment } from './judge-platform-restore.ts';
import type { PlatformState } from './platform-backups.ts';

export interface PlatformFreshness {
  /** Only `stale` is an alert: a plan without backups and a paused project have none to miss. */
  verdict: 'fresh' | 'stale' | 'not-offered' | 'paused';
  reasonCode: string;
  message: string;
  /** What the platform keeps is less than what is configured. */
  warning?: string;
}

const day = 24 * 60 * 60;

/** Whether the platform's own newest backup is young, did not fail, and reaches back as far as it should. Times in Unix seconds. Pure. */
export function judgePlatformBackups(
  state: PlatformState,
  given: {
    now: number;
    maxAgeSeconds: number /** Configured retention; absent: nobody said any. */;
    wantedDays?: number;
  },
): PlatformFreshness {
  const { status, pointInTime, physical, earliest, latest, backups } = state;
  const { now, maxAgeSeconds, wantedDays } = given;
  if (status === 'INACTIVE' || status === 'PAUSING' || status === 'PAUSED') {
    const message = 'the Supabase project is paused: the platform makes no backups of it';
    return { verdict: 'paused', reasonCode: 'project_paused', message };
  }
  if (!pointInTime && !physical && backups.length === 0) {
    const message = 'the plan of this Supabase project does not offer backups of the platform: only ours count';
    return { verdict: 'not-offered', reasonCode: 'platform_backup_not_offered', message };
  }
  const completed = backups.filter((one) => one.status === 'COMPLETED');
  const moments = completed.map(({ at }) => at);
  const newest = Math.max(...moments, pointInTime ? (latest ?? 0) : 0, 0);
  const oldest = Math.min(...moments, ...(pointInTime && earliest !== undefined ? [earliest] : []));
  const reach = Number.isFinite(oldest) ? Math.floor((now - oldest) / day) : 0;
  const short =
    wantedDays !== undefined && reach < wantedDays
      ? {
          warning: `the platform's backups reach back ${reach} days, and ${wantedDays} are configured (retention): older states are only in backups of ours`,
        }
      : {};
  const failed = backups.find((one) => one.status === 'FAILED');
  if (failed !== undefined && failed.at > Math.max(...moments, 0)) {
    const message = `the platform's backup of ${describeMoment(failed.at)} failed, and none has been completed since`;
    return { verdict: 'stale', reasonCode: 'platform_backup_failed', message, ...short };
  }
  const hours = Math.round((now - newest) / 3600);
  if (newest === 0 || now - newest > maxAgeSeconds) {
    const age = newest === 0 ? 'there is none' : `the newest is ${hours} h old, of ${describeMoment(newest)}`;
    const message = `the platform's own backups: ${age} (limit ${Math.round(maxAgeSeconds / 3600)} h)`;
    return { verdict: 'stale', reasonCode: 'platform_backup_too_old', message, ...short };
  }
  const kind = pointInTime ? 'point-in-time recovery' : 'daily backups';
  // A window may be named with its end alone.
  const back = Number.isFinite(oldest) ? `, back to ${describeMoment(oldest)}` : '';
  const message = `the platform's own ${kind}: newest ${describeMoment(newest)}${back}`;
  return { verdict: 'fresh', reasonCode: 'fresh', message, ...short };
}
