import type { GitHub } from '#github/client';
import { newestVerifiedBackup } from './backup-record.ts';
import type { Finding } from './decide-preflight.ts';

export interface BackupAgeRequest {
  environment: string;
  /** Milliseconds; undefined: nobody asks. */
  maxAgeMs: number | undefined;
  /** True where this release proves a backup of its own before it changes the database. */
  makesOne: boolean;
  /** GitHub's clock, milliseconds. */
  now: number;
}

/** `release.requires-backup`: whether the ledger knows a verified backup that is young enough (CHK-11). @throws GitHubError. */
export async function backupAgeFindings(
  github: Pick<GitHub, 'listDeployments'> | undefined,
  request: BackupAgeRequest,
): Promise<Finding[]> {
  const { environment, maxAgeMs, makesOne, now } = request;
  if (maxAgeMs === undefined || makesOne || github === undefined) return [];
  const newest = await newestVerifiedBackup(github, environment);
  const limit = `release.requires-backup: ${hours(maxAgeMs)}`;
  const fix = 'run the backup workflow of this environment, then release';
  if (newest === undefined) {
    const message = `no verified backup of ${environment} stands in the ledger (${limit})`;
    return [{ code: 'backup_missing', severity: 'refuse', message, fix }];
  }
  const ageMs = Math.max(0, now - newest.at * 1000);
  const message = `the newest verified backup of ${environment}, ${newest.name}, is ${hours(ageMs)} old (${limit})`;
  return ageMs > maxAgeMs
    ? [{ code: 'backup_too_old', severity: 'refuse', message, fix }]
    : [{ code: 'backup_confirmed', severity: 'notice', message }];
}

function hours(ms: number): string {
  return `${Math.round(ms / 3_600_000)} h`;
}
