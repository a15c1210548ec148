import { isAbsolute, join } from 'node:path';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, type InputValues } from '#action-kit/inputs';
import { type GivenDestinations, type PlannedDestination, planDestinations } from '#backup/plan-destinations';
import { skipsBackup, weakerProof } from '#config/backup-policy';
import type { EnvironmentSettings } from '#config/settings';
import { projectOf, wrongProject } from '#postgres/database-project';
import { DatabaseUrlError, parseDatabaseUrl, weakTls } from '#postgres/database-url';
import type { UnblockRequest } from '#postgres/doctor/unblock';
import { type ExpectedObject, parseObject } from '#postgres/expected-objects';
import { type BlockLimits, standardLimits } from '#postgres/judge-size';
import { type BackOptions, readBack } from './back-options.ts';
import { checkMode } from './check-mode.ts';
import type { inputs } from './inputs.ts';
import { readUnblock } from './unblock-step.ts';

export type Given = InputValues<typeof inputs>;

export interface MigrateOptions {
  url?: string;
  /** The same database with another password, where that of `url` ends by itself. */
  renewUrl?: () => Promise<string>;
  /** Absolute. */
  directory: string;
  /** As written, for messages. */
  folder: string;
  /** True when somebody named the folder: then its absence is a mistake. */
  named: boolean;
  mode: 'apply' | 'plan' | 'rollback' | 'baseline';
  phase: 'expand' | 'all' | 'contract';
  /** apply: the last version to apply. rollback: the one that becomes the newest. baseline: the last one to record. */
  toVersion?: string;
  /** rollback: the versions that may go, no others; default all that are applied after `toVersion`. */
  onlyVersions?: string[];
  /** Another tool's command, which migrates instead of the files. */
  command?: string;
  verifyCommand?: string;
  /** `rollback-release`: as `rollback-sql` where that holds, else what is applied stays; the release promotes nothing either way. */
  onFailure: 'stop' | 'rollback-sql' | 'rollback-release';
  backup: 'required' | 'skip' | 'platform';
  /** Whose restore points count, with `platform`. */
  platformProject?: string;
  destinations: PlannedDestination[];
  recipients: string[];
  gpgRecipients: string[];
  /** Pattern of the backup's name. */
  backupName?: string | undefined;
  /** The only image that dump and scratch server may use. */
  scratchImage?: string | undefined;
  /** How far the backup has to be proven. */
  verify: 'restore' | 'structure' | 'checksum';
  /** Milliseconds: a proven backup of this database that is not older stands for a fresh one. */
  maxAgeMs?: number;
  lockTimeoutMs: number;
  /** 0: none. */
  statementTimeoutMs: number;
  /** What may be done about sessions in the way of a file, between two attempts. */
  unblock?: UnblockRequest;
  /** What has to be there after a migration, beside what its files make. */
  expected: ExpectedObject[];
  /** Files that sort before an applied one are applied, not refused. */
  includeAll: boolean;
  /** From which table size on a blocking statement is refused. */
  limits: BlockLimits;
  /** Mode plan: every file is replayed from nothing on a throw-away database. */
  replay: boolean;
  /** Who applies in a release; anything but `automatic` refuses there. */
  apply: 'automatic' | 'approve' | 'manual';
  /** GitHub environment whose reviewers have to approve what is due. */
  approvalEnvironment?: string;
  /** What they approved, as output `approval` of the plan. */
  approved?: string;
  /** Whether a pending file needs rollback SQL. */
  wayBack?: 'required' | 'optional' | 'ignored' | undefined;
  /** Files that no code may go live without, beside those that say so themselves. */
  critical?: readonly string[] | undefined;
  /** What ops.yml says of the way back. */
  back: BackOptions;
  /** Every rule that this run relaxes, for log, message and ledger (S11). */
  weakenings: string[];
}

/** Merges inputs, configuration and defaults. Pure. @throws InputError with every mistake. */
export function planOptions(
  given: Given,
  settings: EnvironmentSettings,
  where: { workspace: string; stores: GivenDestinations; problems?: readonly InputProblem[] },
): MigrateOptions {
  const problems: InputProblem[] = [...(where.problems ?? [])];
  const { database } = settings;
  const folder = given.migrationsDir ?? database.migrations ?? 'supabase/migrations';
  const absolute = (path: string) => (isAbsolute(path) ? path : join(where.workspace, path));
  const connection = readConnection(given, problems);
  const wrong = connection === undefined ? undefined : wrongProject(connection, database.project);
  if (wrong !== undefined) problems.push({ name: 'database-url', message: wrong });
  const weakenings = weakTls(given.databaseUrl, database.tlsReason);
  const { mode, phase } = given;
  // What ops.yml says is for a migration of the release, not for the way back by hand.
  const own = mode === 'apply' || mode === 'plan' ? database : {};
  const command = given.command ?? own.command;
  const verifyCommand = given.verifyCommand ?? own.verifyCommand;
  const onFailure = readOnFailure(given, own.onFailure, problems);
  checkMode({ ...given, command, onFailure }, connection?.database, problems);
  const unblock = readUnblock(given, { database: connection?.database, command }, problems);
  if (unblock !== undefined)
    weakenings.push(`old sessions that a file waits for lose their work (unblock: ${unblock.kind})`);
  const { verify = weakerProof(database, given.throwAway) ?? 'restore' } = given;
  if (given.verify === undefined && verify !== 'restore')
    weakenings.push(`the backup is proven by ${verify} only, not restored (database.backup.verify of ops.yml)`);
  if (given.verify !== undefined && given.verify !== 'restore') {
    if (given.verifyReason === undefined) {
      const message = 'proves less than a restore, so it needs a reason that is shown wherever the backup is';
      problems.push({ name: 'verify-reason', message, allowed: 'a sentence; or verify: restore' });
    } else
      weakenings.push(`the backup is proven by ${given.verify} only, not restored (verify: ${given.verifyReason})`);
  }
  if (given.maxAge !== undefined && (mode === 'rollback' || phase === 'contract'))
    problems.push({
      name: 'max-age',
      message: `does not go with ${mode === 'rollback' ? 'mode: rollback' : 'phase: contract'}: what removes something takes a restore point of its own`,
      allowed: 'leave it out',
    });
  else if (given.maxAge !== undefined)
    weakenings.push('a proven backup of an earlier run may stand for a fresh one (max-age)');
  const standard = skipsBackup(database, given.throwAway) ? 'skip' : 'required';
  const backup = given.backup ?? standard;
  const platformProject = given.supabaseProject ?? database.project;
  if (backup === 'platform') {
    problems.push(...platformProblems(given, connection, platformProject));
    const why = `backup: platform: ${given.backupReason ?? ''}`;
    weakenings.push(`a restore point of the platform counts, not restore-tested by us (${why})`);
  }
  if (backup === 'skip') {
    if (maySkip(given, connection?.local ?? false)) weakenings.push('no backup before migrations (backup: skip)');
    else problems.push(skipRefused(given));
  }
  // Without an address nothing is stored; a folder of files that has none is refused later, with more to say.
  const needed = (mode === 'apply' || mode === 'rollback') && backup === 'required' && given.databaseUrl !== undefined;
  const sourceProject = (connection === undefined ? undefined : projectOf(connection)) ?? database.project;
  const stores = planDestinations({ ...where.stores, needed, sourceProject });
  problems.push(...stores.problems);
  if (phase === 'all') weakenings.push('statements that running code cannot bear only warn (phase: all)');
  const expected = readExpected(given, settings, problems);
  const includeAll = given.includeAll ?? database.includeAll ?? false;
  if (includeAll) weakenings.push('files that sort before an applied one are applied (include-all)');
  if (problems.length > 0) throw new InputError(problems);
  return {
    ...(given.databaseUrl === undefined ? {} : { url: given.databaseUrl }),
    directory: absolute(folder),
    folder,
    named: given.migrationsDir !== undefined || database.migrations !== undefined,
    mode,
    phase,
    ...(given.toVersion === undefined ? {} : { toVersion: given.toVersion }),
    ...(given.onlyVersions === undefined ? {} : { onlyVersions: given.onlyVersions.split(' ') }),
    ...(command === undefined ? {} : { command }),
    ...(verifyCommand === undefined ? {} : { verifyCommand }),
    onFailure,
    backup,
    ...(platformProject === undefined ? {} : { platformProject }),
    destinations: stores.destinations,
    recipients: given.ageRecipients ?? [],
    gpgRecipients: given.gpgRecipients ?? [],
    verify,
    ...(given.maxAge === undefined ? {} : { maxAgeMs: given.maxAge }),
    lockTimeoutMs: given.lockTimeout ?? database.lockTimeoutMs ?? 5_000,
    statementTimeoutMs: given.statementTimeout ?? database.statementTimeoutMs ?? 0,
    ...(unblock === undefined ? {} : { unblock }),
    includeAll,
    expected,
    limits: { ...standardLimits, ...database.limits },
    replay: given.replay ?? false,
    apply: database.apply ?? 'automatic',
    ...(given.approvalEnvironment === undefined ? {} : { approvalEnvironment: given.approvalEnvironment }),
    ...(given.approved === undefined ? {} : { approved: given.approved }),
    wayBack: database.rollbackSql,
    critical: own.critical,
    backupName: database.backupName,
    scratchImage: database.scratchImage,
    back: readBack(given, database),
    weakenings,
  };
}

/** A migration by hand has no release that could be taken back; what ops.yml says of one only means its files there. */
function readOnFailure(
  given: Given,
  configured: MigrateOptions['onFailure'] | undefined,
  problems: InputProblem[],
): MigrateOptions['onFailure'] {
  const asked = given.onFailure ?? configured ?? 'stop';
  if (given.onFailure === 'rollback-release' && given.release === undefined) {
    const message = 'takes a release back, and this is none: what is live is taken back by rollback';
    problems.push({ name: 'on-failure', given: asked, message, allowed: 'stop, rollback-sql' });
  }
  return asked;
}

/** `expect-objects`, with `database.verify-tables` and `verify-objects` of the configuration. */
function readExpected(given: Given, settings: EnvironmentSettings, problems: InputProblem[]): ExpectedObject[] {
  return [...(settings.database.verifyObjects ?? []), ...(given.expectObjects ?? [])].flatMap((text) => {
    const object = parseObject(text);
    if (object !== undefined) return [object];
    const allowed = 'table notes, column notes.title, index i, view v, policy Users view own on notes';
    problems.push({ name: 'expect-objects', given: text, message: 'names no object', allowed });
    return [];
  });
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

/** Only the workflow file says it, with a reason (S11), and for the project that the connection leads to. */
function platformProblems(
  given: Given,
  connection: ReturnType<typeof parseDatabaseUrl> | undefined,
  project: string | undefined,
): InputProblem[] {
  const problems: InputProblem[] = [];
  if (given.backupReason === undefined) {
    const message =
      'is needed: a restore point of the platform is not restored to prove it, and the reason is shown wherever it counts';
    problems.push({ name: 'backup-reason', message, allowed: 'a sentence; or backup: required' });
  }
  if (given.mode === 'rollback') {
    const message = 'is for going forward; the way back needs a backup of its own';
    problems.push({ name: 'backup', given: 'platform', message, allowed: 'required' });
  }
  if (given.supabaseAccessToken === undefined) {
    const message = 'is needed by backup: platform, to ask for the restore point';
    problems.push({ name: 'supabase-access-token', message, allowed: 'secret SUPABASE_ACCESS_TOKEN' });
  }
  if (project === undefined) {
    const message = 'is neither given nor in the configuration (supabase.project)';
    problems.push({ name: 'supabase-project', message });
  }
  const wrong = connection === undefined ? undefined : wrongProject(connection, project);
  if (wrong !== undefined) problems.push({ name: 'supabase-project', message: wrong });
  return problems;
}
