import type { WayBackOfDatabase } from '#config/settings';
import { cleanText } from '#http/text';
import { commandLine } from './command-line.ts';

/** What `rollback.database.policy` says where nobody wrote it: a person asked, and rollback SQL is rehearsed before it runs. */
const standardPolicy: readonly WayBackOfDatabase[] = ['rollback-sql'];

export type DatabaseBack =
  | { way: 'rollback-sql' }
  | { reasonCode: 'forward_only' | 'rollback_sql_not_allowed' | 'another_way_first'; message: string };

/**
 * Whether rollback SQL may take a database back (DRB-01). `byName`: a person named rollback SQL itself, so that its place in the
 * list does not count; otherwise the first word of the policy decides. Pure.
 */
export function decideDatabaseBack(
  policy: readonly WayBackOfDatabase[] = standardPolicy,
  byName: boolean,
): DatabaseBack {
  const [first] = policy;
  if (first === 'rollback-sql' || (byName && policy.includes('rollback-sql'))) return { way: 'rollback-sql' };
  if (policy.every((way) => way === 'forward-only'))
    return {
      reasonCode: 'forward_only',
      message: 'rollback.database.policy is forward-only: migrations of this environment are not taken back',
    };
  if (policy.includes('rollback-sql'))
    return {
      reasonCode: 'another_way_first',
      message: `rollback.database.policy prefers ${first} to rollback SQL, and that is for a person to start`,
    };
  return {
    reasonCode: 'rollback_sql_not_allowed',
    message: `rollback.database.policy (${policy.join(', ')}) does not allow rollback SQL`,
  };
}

/** What the other ways of a policy would cost, as far as it is known. */
export interface OtherWays {
  policy: readonly WayBackOfDatabase[] | undefined;
  environment: string | undefined;
  /** The newest proven backup of this database, where its store could be asked. */
  restorePoint?: {
    manifestFile: string;
    /** Milliseconds since the epoch. */
    takenAt: number;
    /** What its own proof took to restore; seconds. */
    restoreSeconds: number;
  };
  /** What was written since then; absent where it cannot be counted. */
  since?: { walBytes?: number | undefined; rows?: number | undefined } | undefined;
  /** The version that a migration of the forward fix would have. */
  nextVersion: string;
  /** Milliseconds since the epoch by which the forward fix has to be live. */
  fixBy?: number | undefined;
  now: number;
}

/** What a person can do instead, most wanted first; nothing of it is ever run by itself (DRB-06, DRB-07). Pure. */
export function otherWays(given: OtherWays): string[] {
  const wanted = (given.policy ?? standardPolicy).filter((way) => way === 'restore' || way === 'point-in-time');
  return [...wanted.map((way) => (way === 'restore' ? restoreOf(given) : pointInTimeOf(given))), forwardFix(given)];
}

function restoreOf({ environment, restorePoint, since, now }: OtherWays): string {
  const target = environment === undefined ? '' : ` --input environment=${cleanText(environment, 80)}`;
  const manifest = restorePoint?.manifestFile ?? '<manifest of the backup>';
  const command = `${commandLine('run actions/restore')}${target} --input manifest=${manifest} --input confirm=<project or database> --input age-recipients=<age1…> --input-from-env target-url=DATABASE_URL --secret BACKUP_AGE_IDENTITY`;
  if (restorePoint === undefined)
    return `restore a backup: ${command}; everything written since that backup would be lost, and no proven backup could be looked at here`;
  const minutes = Math.max(0, Math.round((now - restorePoint.takenAt) / 60_000));
  const counted = countOf(since);
  return `restore the backup of ${timeOf(restorePoint.takenAt)} (its own proof restored it in ${restorePoint.restoreSeconds.toFixed(0)} s): ${command}; what was written in the ${minutes} minutes since would be lost${counted === '' ? '' : `: ${counted}`}`;
}

function countOf(since: OtherWays['since']): string {
  const rows =
    since?.rows === undefined
      ? ''
      : `about ${Math.abs(since.rows)} rows ${since.rows < 0 ? 'fewer' : 'more'} than then`;
  const log = since?.walBytes === undefined ? '' : `${(since.walBytes / 1_000_000).toFixed(1)} MB of write-ahead log`;
  return [log, rows].filter((part) => part !== '').join(', ');
}

function pointInTimeOf({ environment, now }: OtherWays): string {
  const target = environment === undefined ? '' : ` --input environment=${cleanText(environment, 80)}`;
  const command = `${commandLine('run actions/restore')}${target} --input mode=point-in-time --input recovery-time=<moment before the migration> --input confirm=<project> --input age-recipients=<age1…> --input-from-env target-url=DATABASE_URL --secret SUPABASE_ACCESS_TOKEN`;
  return `point-in-time recovery: ${command}; the project is down meanwhile, and everything written between that moment and ${timeOf(now)} would be lost`;
}

function forwardFix({ nextVersion, fixBy }: OtherWays): string {
  const until = fixBy === undefined ? '' : ` until ${timeOf(fixBy)} (rollback.fix-forward-limit)`;
  return `fix forward: write the repair as a new migration ${nextVersion}_<name>.sql, with its rollback SQL, and release it${until}`;
}

function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
