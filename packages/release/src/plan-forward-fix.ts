import type { WayBackOfDatabase } from '#config/settings';
import { decideNewVersion } from '#postgres/decide-new-version';
import type { ForwardFix } from './forward-fix-record.ts';
import type { FailedFile, MigrationRecord } from './migration-record.ts';

/** What a new migration has to mend. */
export interface ToMend {
  /** The same for every run that meets the same fault, so that none makes a second branch or issue. */
  mends: string;
  /** The file, where one is known. */
  file?: { version: string; file: string; sha256?: string | undefined } | undefined;
  failed?: FailedFile | undefined;
  /** One sentence. */
  what: string;
}

/** Failures that the next attempt may not meet again: there is nothing to repair. */
const passing: ReadonlySet<string> = new Set(['lock_timeout', 'deadlock', 'connection_lost', 'history_changed']);

/** Whether rollback is forbidden here, so that only the next migration can repair (DRB-06). Pure. */
export function isForwardOnly(policy: readonly WayBackOfDatabase[] | undefined): boolean {
  return policy?.length !== undefined && policy.length > 0 && policy.every((way) => way === 'forward-only');
}

/** What the newest run of migrations left to mend, or why nothing is. Pure. */
export function decideForwardFix(
  newest: (MigrationRecord & { failed?: FailedFile | undefined }) | undefined,
): ToMend | { reasonCode: 'nothing_failed' | 'not_known' | 'passing_failure'; message: string } {
  if (newest === undefined) return { reasonCode: 'nothing_failed', message: 'the ledger names no run of migrations' };
  const { outcome, direction, failed } = newest;
  const byVersion = (version: string | undefined) => newest.files.find((file) => file.version === version);
  if (outcome === undefined || outcome.word === 'unknown') {
    const message =
      'what became of the newest run of migrations is not known; the next run reads the history and goes on, or names what is in the way';
    return { reasonCode: 'not_known', message };
  }
  if (direction === 'back') {
    const [file] = newest.files;
    if (outcome.word !== 'refused' || file === undefined)
      return { reasonCode: 'nothing_failed', message: 'the newest run took migrations back' };
    const what = `${file.file} was to be taken back, and rollback.database.policy is forward-only`;
    return { mends: `rollback of ${file.version}`, file, what };
  }
  if (failed !== undefined && passing.has(failed.reasonCode)) {
    const message = `the newest run ended with ${failed.reasonCode}: run it again, no statement is wrong`;
    return { reasonCode: 'passing_failure', message };
  }
  if (direction === 'command') {
    if (outcome.word !== 'failed') return { reasonCode: 'nothing_failed', message: 'the newest command succeeded' };
    return { mends: 'command', what: 'the migration command failed, and what it changed before that stays' };
  }
  if (failed === undefined)
    return { reasonCode: 'nothing_failed', message: 'the newest run of migrations failed nowhere' };
  const file = byVersion(failed.version) ?? { version: failed.version, file: failed.version };
  const stays = failed.reasonCode === 'verification_failed';
  const what = stays
    ? `${file.file} is applied, and what was checked after it did not pass`
    : `${file.file} failed (${failed.reasonCode})`;
  return { mends: failed.version, file, failed, what };
}

/**
 * Name and place of the migration: the next number that neither a file nor a run of migrations has, or the present time in a folder
 * of time stamps. Undefined in a folder without a numbered file, or whose numbers are used up (999). Pure.
 */
export function planForwardFix(
  toMend: Pick<ToMend, 'mends'>,
  given: { environment: string; folder: string; versions: readonly string[]; used: readonly string[]; now: number },
): ForwardFix | undefined {
  const { environment, folder, versions, used, now } = given;
  const style = versions.at(-1)?.length;
  if (style === undefined) return undefined;
  const alike = used.filter((version) => /^\d+$/.test(version) && version.length === style);
  const next = decideNewVersion({ versions: [...versions, ...alike], now });
  if ('problem' in next) return undefined;
  const { version } = next;
  const word = toMend.mends.replaceAll(/[^\w]+/g, '_');
  return {
    schemaVersion: 1,
    mends: toMend.mends,
    version,
    path: `${folder.replace(/^\.\//, '').replace(/\/+$/, '')}/${version}_forward_fix_of_${word}.sql`,
    branch: `ops/forward-fix/${environment.replaceAll(/[^\w.-]+/g, '-')}-${version}`,
  };
}
