import { isAbsolute, join } from 'node:path';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, type InputValues } from '#action-kit/inputs';
import { skipsBackup } from '#config/backup-policy';
import type { EnvironmentSettings } from '#config/settings';
import { DatabaseUrlError, parseDatabaseUrl } from '#postgres/database-url';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;

export interface MigrateOptions {
  url?: string;
  /** Absolute. */
  directory: string;
  /** As written, for messages. */
  folder: string;
  /** True when somebody named the folder: then its absence is a mistake. */
  named: boolean;
  mode: 'apply' | 'plan';
  phase: 'expand' | 'all';
  backup: 'required' | 'skip';
  destinations: ('artifact' | 'directory')[];
  /** Absolute; for `directory`. */
  backupPath?: string;
  recipients: string[];
  lockTimeoutMs: number;
  /** 0: none. */
  statementTimeoutMs: number;
  /** Who applies in a release; anything but `automatic` refuses there. */
  apply: 'automatic' | 'approve' | 'manual';
  /** Every rule that this run relaxes, for log, message and ledger (S11). */
  weakenings: string[];
}

/** Merges inputs, configuration and defaults. Pure. @throws InputError with every mistake. */
export function planOptions(
  given: Given,
  settings: EnvironmentSettings,
  runner: { workspace: string; artifacts: boolean },
): MigrateOptions {
  const problems: InputProblem[] = [];
  const { database } = settings;
  const folder = given.migrationsDir ?? database.migrations ?? 'supabase/migrations';
  const absolute = (path: string) => (isAbsolute(path) ? path : join(runner.workspace, path));
  const connection = readConnection(given, problems);
  const weakenings = connection?.weakening === undefined ? [] : [connection.weakening];
  const mode = laterVersion('mode', given.mode, ['apply', 'plan'] as const, problems);
  const phase = laterVersion('phase', given.phase, ['expand', 'all'] as const, problems);
  const standard = skipsBackup(database, given.throwAway) ? 'skip' : 'required';
  const backup = laterVersion('backup', given.backup ?? standard, ['required', 'skip'] as const, problems);
  if (backup === 'skip') {
    if (maySkip(given, connection?.local ?? false)) weakenings.push('no backup before migrations (backup: skip)');
    else problems.push(skipRefused(given));
  }
  const destinations = readDestinations(given, settings, runner, mode === 'apply' && backup === 'required', problems);
  const path = given.backupPath ?? database.backupPath;
  if (destinations.includes('directory') && path === undefined) {
    problems.push({
      name: 'backup-path',
      message: 'is needed by the backup destination directory',
      allowed: 'a folder',
    });
  }
  if (phase === 'all') weakenings.push('statements that running code cannot bear only warn (phase: all)');
  if (problems.length > 0) throw new InputError(problems);
  return {
    ...(given.databaseUrl === undefined ? {} : { url: given.databaseUrl }),
    directory: absolute(folder),
    folder,
    named: given.migrationsDir !== undefined || database.migrations !== undefined,
    mode,
    phase,
    backup,
    destinations,
    ...(path === undefined ? {} : { backupPath: absolute(path) }),
    recipients: given.ageRecipients ?? [],
    lockTimeoutMs: given.lockTimeout ?? database.lockTimeoutMs ?? 5_000,
    statementTimeoutMs: given.statementTimeout ?? database.statementTimeoutMs ?? 0,
    apply: database.apply ?? 'automatic',
    weakenings,
  };
}

function readConnection(given: Given, problems: InputProblem[]) {
  if (given.databaseUrl === undefined) return undefined;
  try {
    return parseDatabaseUrl(given.databaseUrl);
  } catch (error) {
    if (!(error instanceof DatabaseUrlError)) throw error;
    for (const message of error.problems) problems.push({ name: 'database-url', message });
    return undefined;
  }
}

/** `skip` is for data that may be lost: the workflow file says so, or nothing but this machine is concerned (design §10). */
function maySkip(given: Given, local: boolean): boolean {
  return given.throwAway || (given.environment === undefined && local);
}

function skipRefused(given: Given): InputProblem {
  return {
    name: 'backup',
    given: 'skip',
    message:
      given.environment === undefined
        ? 'is only for hosts on this machine, or with throw-away: true'
        : `would migrate ${given.environment} without a restore point`,
    allowed: 'required; or throw-away: true in the workflow file, for data that may be lost',
  };
}

function readDestinations(
  given: Given,
  settings: EnvironmentSettings,
  runner: { artifacts: boolean },
  needed: boolean,
  problems: InputProblem[],
): ('artifact' | 'directory')[] {
  const named = given.backupDestination ?? settings.database.backupDestinations;
  const allowed = 'artifact, directory; s3 and supabase-storage are not in this version';
  const known: ('artifact' | 'directory')[] = [];
  for (const word of new Set(named ?? (runner.artifacts ? ['artifact'] : []))) {
    if (word === 'artifact' || word === 'directory') known.push(word);
    else
      problems.push({ name: 'backup-destination', given: word, message: 'is no destination of this version', allowed });
  }
  if (needed && known.includes('artifact') && !runner.artifacts) {
    const message = 'artifact needs the artifact service of a GitHub runner, which is not here; use directory';
    problems.push({ name: 'backup-destination', given: 'artifact', message, allowed });
  }
  if (needed && named === undefined && known.length === 0 && given.databaseUrl !== undefined) {
    const message = 'is needed outside a GitHub runner';
    problems.push({ name: 'backup-destination', message, allowed: 'directory, with backup-path' });
  }
  return known;
}

function laterVersion<Word extends string>(
  name: string,
  given: string,
  works: readonly [Word, ...Word[]],
  problems: InputProblem[],
): Word {
  const found = works.find((word) => word === given);
  if (found !== undefined) return found;
  problems.push({ name, given, message: 'is not in this version', allowed: works.join(', ') });
  return works[0];
}
