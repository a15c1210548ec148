import type { DatabaseConnection } from '#postgres/connection';
import type { PlatformBackups } from '#supabase/platform-backups';
import { commandLine } from './command-line.ts';
import type { Finding } from './decide-preflight.ts';

export interface RestorePointRequest {
  /** Public keys, of age or OpenPGP. */
  recipients: readonly string[];
  /** False where a throw-away environment goes without a backup. */
  backupNeeded: boolean;
  /** How far a backup is proven; only a restore needs room for a scratch copy. Default `restore`. */
  verify?: 'restore' | 'structure' | 'checksum' | undefined;
  /** The only image that dump and scratch server may use. */
  scratchImage?: string | undefined;
  /** True where a proven backup of an earlier run may stand in (`max-age`); the migration looks for it. */
  earlierBackup?: boolean | undefined;
  /** Present where the workflow file says `backup: platform`. */
  platform?: PlatformPoint | undefined;
}

export interface PlatformPoint {
  /** Undefined where token or project are missing, which is a finding of its own. */
  backups: PlatformBackups | undefined;
  /** When the last drill of ours passed, in words. */
  lastDrill(): Promise<string>;
  /** True where a proven backup of an earlier run may stand in (`max-age`); the migration looks for it. */
  earlierBackup: boolean;
  /** Milliseconds since the epoch. */
  now: number;
}

/** From this estimate on it is said that the platform can make the restore point, too. */
const longSeconds = 30 * 60;

/** A restore point must be possible before anything is touched; `why` says what needs one. */
export async function checkRestorePoint(
  request: RestorePointRequest,
  connection: DatabaseConnection,
  why: string,
): Promise<Finding[]> {
  if (request.platform !== undefined) return await checkPlatform(request.platform);
  return request.backupNeeded ? await checkBackup(request, connection, why) : [];
}

/** Whether the platform has a moment to go back to, or can be asked for one. */
async function checkPlatform({ backups, lastDrill, earlierBackup, now }: PlatformPoint): Promise<Finding[]> {
  if (backups === undefined) return [];
  const { judgePlatform } = await import('#supabase/take-platform-point');
  const untested = async () => `not restore-tested by us; ${await lastDrill()}`;
  const refuse = (code: string, message: string): Finding[] => {
    const fix = earlierBackup
      ? 'nothing, where a proven backup within max-age is there: the migration looks for it before it applies anything'
      : 'switch point-in-time recovery on (Project Settings > Add-ons), or give max-age and make a proven backup first, or use backup: required';
    return [{ code, severity: earlierBackup ? 'warning' : 'refuse', message, fix }];
  };
  try {
    const state = await backups.read();
    const judged = judgePlatform(state, now / 1000);
    if (judged.kind === 'refused') return refuse(judged.reasonCode, judged.message);
    if (judged.kind === 'point' && !state.physical)
      return refuse(
        'point_in_time_off',
        `${judged.message}, and restore points need physical backups, which this project has not`,
      );
    const message =
      judged.kind === 'point'
        ? `restore point: ${judged.message}; a named restore point of the platform will be asked for, which takes up to 10 minutes`
        : `restore point: ${judged.message}`;
    return [{ code: 'platform_restore_point', severity: 'notice', message: `${message} (${await untested()})` }];
  } catch (error) {
    const { name, message, reasonCode = '' } = error as Error & { reasonCode?: string };
    if (name !== 'SupabaseError') throw error;
    return refuse(reasonCode, message);
  }
}

/** Recipients, rights on every row, pg_dump of the server's own major (trap 10), room, and the extensions without which it would not restore here. */
async function checkBackup(
  request: RestorePointRequest,
  connection: DatabaseConnection,
  why: string,
): Promise<Finding[]> {
  const major = Math.floor(connection.serverVersion / 10_000);
  const findings: Finding[] = [];
  if (request.recipients.length === 0) {
    findings.push({
      code: 'age_recipients_missing',
      severity: 'refuse',
      message: `${why} and no age public key is given, so the backup could not be encrypted`,
      fix: `pass age-recipients (made by \`${commandLine('init')}\`, or age-keygen), or gpg-recipients`,
    });
  }
  const [{ findPostgres }, { missingExtensions }, { missingRights }, { scratchRoom }, { wantedFor }] =
    await Promise.all([
      import('#backup/find-postgres'),
      import('#backup/missing-extensions'),
      import('#backup/missing-rights'),
      import('#backup/scratch-folder'),
      import('#backup/wanted-postgres'),
    ]);
  // Only a backup that is made reads rows; where an earlier one may do, it is looked for first.
  const severity = request.earlierBackup === true ? 'warning' : 'refuse';
  for (const right of await missingRights(connection)) findings.push({ code: 'source_unreadable', severity, ...right });
  try {
    const binaries = await findPostgres({ ...(await wantedFor(connection)), image: request.scratchImage });
    for (const { reasonCode, message, fix } of await missingExtensions(connection, binaries)) {
      const before = `${fix}; all of it before this step, and before the migration where that is another job`;
      findings.push({ code: reasonCode, severity: 'refuse', message, fix: before });
    }
  } catch (error) {
    const { message, reasonCode } = error as { message: string; reasonCode?: string };
    if (reasonCode !== 'postgres_tools_missing') throw error;
    findings.push({
      code: reasonCode,
      severity: 'refuse',
      message,
      fix:
        request.scratchImage === undefined
          ? `add postgres-major: '${major}' to the inputs of the reusable workflow; in a job of your own the step actions/setup-postgres with major: ${major} before deploy`
          : `run actions/setup-postgres with the environment (or image: ${request.scratchImage}) before this step; the reusable workflows do with postgres-major: '${major}'`,
    });
  }
  const bytes = await databaseBytes(connection);
  const { describeBytes } = await import('#backup/measure-stream');
  const { estimateSeconds } = await import('#backup/estimate-backup');
  const seconds = estimateSeconds(bytes);
  const room = (request.verify ?? 'restore') === 'checksum' ? undefined : await scratchRoom(bytes);
  return [...findings, judgeBackupMode({ bytes, seconds, room }, describeBytes)];
}

/** Which kind of restore point fits a database of this size on this machine, as an estimate. Pure. */
export function judgeBackupMode(
  {
    bytes,
    seconds,
    room,
  }: { bytes: number; seconds: number; room: { needed: number; free: number | undefined } | undefined },
  describeBytes: (bytes: number) => string,
): Finding {
  const minutes = seconds < 60 ? 'under a minute' : `about ${Math.ceil(seconds / 60)} minutes`;
  const free = room?.free === undefined ? '' : `, of which ${describeBytes(room.free)} are free`;
  const scratch = room === undefined ? '' : `, and about ${describeBytes(room.needed)} for the scratch copy${free}`;
  const message = `estimate: backup and proof of ${describeBytes(bytes)} take ${minutes}${scratch}`;
  const platform =
    'backup: platform with backup-reason (point-in-time recovery or a restore point of Supabase, not restore-tested by us), or max-age for a proven backup of the night';
  if (room?.free !== undefined && room.free < room.needed) {
    const fix = `set TMPDIR of the job to a folder on a larger disk, or use a larger runner; or ${platform}`;
    return { code: 'backup_estimate', severity: 'warning', message: `${message}: that may not fit`, fix };
  }
  if (seconds < longSeconds) return { code: 'backup_estimate', severity: 'notice', message };
  return {
    code: 'backup_estimate',
    severity: 'notice',
    message: `${message}: it fits`,
    fix: `where that is too long: ${platform}`,
  };
}

async function databaseBytes(connection: DatabaseConnection): Promise<number> {
  const [row] = await connection.query<{ bytes: string }>(
    'SELECT pg_catalog.pg_database_size(pg_catalog.current_database())::text AS bytes',
  );
  return Number(row?.bytes ?? 0);
}
