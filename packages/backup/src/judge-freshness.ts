import { proven } from './decide-pruning.ts';
import { type FoundBackup, keptUntil } from './find-verified-backup.ts';

export interface Freshness {
  verdict: 'fresh' | 'stale';
  reasonCode: 'fresh' | 'too_old' | 'no_backup';
  /** One line for people. */
  message: string;
  /** The newest verified one. */
  newest?: FoundBackup;
  /** Of its rows, in seconds. */
  ageSeconds?: number;
}

/** A manifest from further ahead was not made by a clock of ours. */
const aheadSeconds = 60 * 60;

/** Whether the newest verified backup of an environment in one destination is young enough. Pure. */
export function judgeFreshness(
  backups: readonly FoundBackup[],
  given: { environment: string; maxAgeSeconds: number /** Unix seconds. */; now: number; place: string },
): Freshness {
  const { environment, maxAgeSeconds, now, place } = given;
  const own = backups
    .filter(({ manifest }) => manifest.environment === environment && takenAt(manifest) <= now + aheadSeconds)
    .toSorted((a, b) => takenAt(b.manifest) - takenAt(a.manifest));
  const newest = own.find((backup) => proven(backup) && (keptUntil(backup) ?? now) >= now);
  const failed = newest === undefined ? own.length : own.indexOf(newest);
  const since =
    failed === 0 ? '' : `; ${failed} ${failed === 1 ? 'backup' : 'backups'} since then could not be verified`;
  if (newest === undefined) {
    const message = `there is no verified backup of ${environment} in ${place}${failed === 0 ? '' : `, and ${failed} that could not be verified`}`;
    return { verdict: 'stale', reasonCode: 'no_backup', message };
  }
  const ageSeconds = Math.max(0, now - takenAt(newest.manifest));
  const fresh = ageSeconds <= maxAgeSeconds;
  const last = keptUntil(newest);
  const until = last === undefined ? '' : `; kept until ${day(last)}`;
  return {
    verdict: fresh ? 'fresh' : 'stale',
    reasonCode: fresh ? 'fresh' : 'too_old',
    message: `the newest verified backup of ${environment} in ${place} is ${hours(ageSeconds)} old (limit ${hours(maxAgeSeconds)}): ${newest.manifest.name}${until}${since}`,
    newest,
    ageSeconds,
  };
}

/** The rows are those of the snapshot, not of the moment at which the proof ended. */
function takenAt({ source, createdAt }: FoundBackup['manifest']): number {
  return source.snapshotAt ?? createdAt;
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

function hours(seconds: number): string {
  const value = seconds / 3600;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} h`;
}
