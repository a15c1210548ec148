import type { BackupManifest } from '#backup/manifest';
import { applyMigrations } from '#postgres/apply-migrations';
import type { ApplyOutcome } from '#postgres/apply-outcome';
import { inspectDatabase } from '#postgres/inspect-database';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import type { LockHolder } from '#postgres/migration-lock';
import { type RollbackOutcome, rollBackMigrations } from '#postgres/roll-back-migrations';
import type { SchemaAdvice } from '#postgres/schema-advice';
import { loadSqlParser } from '#postgres/sql-parser';
import type { RemovedName } from '#postgres/statement-finding';
import type { RecipientChange } from '#release/decide-recipients';
import type { ApprovalPort } from '#release/migration-approval';
import type { MigrationIntent } from '#release/migration-record';
import type { DeployedUses } from '#release/search-deployed-code';
import type { ApiObject } from '#supabase/data-api';
import type { SchemaCacheProof } from '#supabase/prove-schema-cache';
import { decideEarly } from './approval.ts';
import { baseline } from './baseline.ts';
import { adviceNow, lookAfter } from './check-after.ts';
import { usesInDeployedCode } from './deployed-code.ts';
import type { Ending } from './describe-ending.ts';
import { migrateByCommand } from './migrate-by-command.ts';
import { forwardIntent } from './migration-ledger.ts';
import { openSession } from './open-session.ts';
import { type ChangedMigrations, type PlanFacts, planMigration } from './plan.ts';
import type { MigrateOptions } from './plan-options.ts';
import { previousNeeds } from './previous-needs.ts';
import { provenBackup } from './proven-backup.ts';
import { checkWayBack, rollBack } from './roll-back.ts';
import type { CommandOutcome } from './run-command.ts';
import { isLockLost, runUnderLock } from './run-under-lock.ts';
import { proveCache, type SchemaCache } from './schema-cache.ts';

/** What happened, as data; `render-migration.ts` turns it into words. */
export type Migration =
  | { kind: 'not-configured' | 'no-folder' | 'no-url' }
  | { kind: 'nothing-pending' | 'held' | 'refused' | 'by-hand'; inspection: MigrationInspection; plan?: PlanFacts }
  | { kind: 'planned'; inspection: MigrationInspection; plan: PlanFacts }
  | { kind: 'no-backup-possible'; inspection?: MigrationInspection; reasonCode: string; message: string }
  | { kind: 'not-recorded'; inspection?: MigrationInspection; message: string }
  | {
      kind: 'backup-failed';
      inspection?: MigrationInspection;
      reasonCode: string;
      message: string;
      backup?: MadeBackup;
    }
  | {
      kind: 'ended';
      inspection: MigrationInspection;
      outcome: ApplyOutcome;
      /** What is new in the schema and worth telling. */
      advice: SchemaAdvice[];
      backup?: MadeBackup;
      /** A restore point of the platform, in words, where that stands for a backup. */
      point?: string;
      verification?: CommandOutcome;
      /** Absent where nothing was made that a Data API would know, or where there is none. */
      schemaCache?: SchemaCache;
      takenBack?: RollbackOutcome;
    }
  /** A mode that says its own ending. */
  | {
      kind: 'decided';
      ending: Ending;
      inspection?: MigrationInspection;
      backup?: MadeBackup;
      details?: Record<string, unknown>;
      /** What a person is asked about, where the inspection does not say it. */
      approval?: { digest: string; title: string };
    };

export interface MadeBackup {
  manifest: BackupManifest;
  manifestFile: string;
  /** Of the keys, against the backup before (S27). */
  recipientChange?: RecipientChange;
}

export interface MigrationPorts {
  log(line: string): void;
  signal: AbortSignal;
  folderExists(path: string): Promise<boolean>;
  /** Writes to the record of the release, and an intent to that of migrations, too; rejects when that cannot be written. */
  record(kind: 'intent' | 'outcome', word: string, text: string, about?: MigrationIntent): Promise<void>;
  /** Refuses (undefined: fine) before anything starts. */
  checkBackup(): Promise<{ reasonCode: string; message: string } | undefined>;
  /** A reason instead where no object could be stored. */
  createBackup(): Promise<MadeBackup | { reasonCode: string; message: string }>;
  /** The newest proven backup of this database; undefined where none is known, or none can be looked for. Never rejects. */
  newestBackup(): Promise<(BackupManifest & { manifestFile: string }) | undefined>;
  /** A proven backup of this database that is young enough for `max-age`; undefined where there is none. Never rejects. */
  youngBackup(): Promise<MadeBackup | undefined>;
  /** A restore point of the platform, or why there is none. */
  platformPoint(): Promise<{ point: string } | { reasonCode: string; message: string }>;
  /** Asks the Data API until it knows these objects; undefined: no Data API is known. */
  proveSchemaCache?:
    | ((objects: readonly ApiObject[], reload: () => Promise<unknown>) => Promise<SchemaCacheProof>)
    | 'no-key'
    | undefined;
  /** The consumer's own command, for `command` and `verify-command`. Rejects with the reason of `stop`, once it has ended. */
  run(command: string, stop?: AbortSignal): Promise<CommandOutcome>;
  /** What the pull request of this run changes in the folder; undefined: it is none, or GitHub does not say. */
  changedMigrations(): Promise<ChangedMigrations | undefined>;
  /** An empty scratch server of this major version (undefined: the newest here), or why there is none. */
  scratch(
    major: number | undefined,
  ): Promise<{ url: string; stop(): Promise<void> } | { reasonCode: string; message: string }>;
  /** Searches the code that serves now, if any, for names that go; absent in a release, whose preflight has said it. */
  deployedUses?: ((removed: readonly RemovedName[]) => Promise<DeployedUses | undefined>) | undefined;
  /** Why the deployment that served before still needs what goes; absent where a release holds such files. */
  stillNeeded?: (() => Promise<string | undefined>) | undefined;
  /** Does about sessions in the way what was allowed; absent: nothing is. Never rejects, but with the abort reason. */
  unblock?: ((blockers: readonly LockHolder[]) => Promise<void>) | undefined;
  /** Undefined: nobody can be asked who approved. */
  approval?: ApprovalPort | undefined;
  /** Of the checkout. */
  commit(): Promise<string>;
  /** True when this runs as a step of a release. */
  inRelease: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Pending, safe, recorded, backed up, applied: each step only when the one before it is done. */
export async function migrate(options: MigrateOptions, ports: MigrationPorts): Promise<Migration> {
  const { url, directory, phase, limits, includeAll, wayBack, critical } = options;
  const select = {
    ...{ phase, limits, includeAll, wayBack, critical },
    ...(options.mode === 'apply' && options.toVersion !== undefined ? { toVersion: options.toVersion } : {}),
  };
  const { command } = options;
  if (command !== undefined)
    return url === undefined ? { kind: 'no-url' } : await migrateByCommand({ ...options, url, command }, ports);
  const exists = await ports.folderExists(directory);
  if (!exists && options.named) return { kind: 'no-folder' };
  if (!exists) return { kind: 'not-configured' };
  if (options.mode === 'plan') return await planMigration(options, select, ports);
  if (url === undefined) return { kind: 'no-url' };
  if (options.mode === 'rollback')
    return await rollBack({ ...options, url, toVersion: options.toVersion ?? '' }, ports);
  if (options.mode === 'baseline')
    return await baseline({ ...options, url, toVersion: options.toVersion ?? '' }, ports);
  // Made while the way to the database is waited for; who needs it hears what is wrong with it.
  loadSqlParser().catch(() => {});
  const session = await openSession({ ...options, url }, ports, 'later');
  try {
    const found = await inspectDatabase(session.connection, directory, select);
    const needed = await previousNeeds(found, ports.stillNeeded);
    const first = { ...found, findings: [...needed, ...found.findings] };
    const early = await decideEarly(first, options, ports);
    if (early !== undefined) return early;
    const used = await usesInDeployedCode(first, ports);
    const problem = options.backup === 'required' ? await ports.checkBackup() : undefined;
    if (problem !== undefined) return { kind: 'no-backup-possible', inspection: first, ...problem };
    try {
      const pending = `${first.toApply.length} pending${describeAccepted(first)}`;
      await ports.record('intent', 'apply', pending, forwardIntent(first));
    } catch (error) {
      return { kind: 'not-recorded', inspection: first, message: (error as Error).message };
    }
    const look = () => inspectDatabase(session.connection, directory, select, found);
    const [lock, underLock] = await Promise.all([session.lock(), look()]);
    // Who held the lock may have applied everything since.
    const current = lock === 'free' ? underLock : await look();
    const inspection = { ...current, findings: [...current.findings, ...used] };
    const { applied } = inspection;
    const late = await decideEarly(inspection, options, ports);
    if (late !== undefined) return late;
    const pending = inspection.toApply;
    let takesBack = options.onFailure !== 'stop';
    if (takesBack) {
      const before = inspection.files.filter((file) => applied.includes(file.version));
      const major = Math.floor(session.connection.serverVersion / 10_000);
      const reason = await session.whileIdle(() => checkWayBack(before, pending, major, ports));
      for (const line of reason?.differences ?? []) ports.log(line);
      if (reason !== undefined && options.onFailure === 'rollback-release') {
        takesBack = false;
        ports.log(`on-failure is rollback-release, and ${reason.message}: should a file fail, those before it stay`);
      } else if (reason !== undefined) {
        const ending: Ending = [
          'refused',
          reason.reasonCode,
          `on-failure is rollback-sql, and ${reason.message}; nothing was changed`,
        ];
        return { kind: 'decided', ending, inspection };
      }
    }
    const { backup, point, failed } = await provenBackup(session, options, ports);
    if (failed !== undefined) return { ...failed, inspection };
    // The backup took its time: somebody may go back by now.
    const overtaken = await previousNeeds(inspection, ports.stillNeeded);
    if (overtaken.length > 0) return { kind: 'refused', inspection: { ...inspection, findings: overtaken } };
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const settings = { lockTimeoutMs, statementTimeoutMs, log: ports.log, signal: ports.signal };
    const advice = adviceNow(session.connection, ports.log);
    const after = lookAfter({ files: pending, named: options.expected, advice }, ports);
    const lastSent = () => after.travelWith(session.connection);
    const outcome = await applyMigrations(session, { pending, applied, ...settings, unblock: ports.unblock, lastSent });
    const checked = outcome.failure === undefined ? await after.take(session) : undefined;
    const verification =
      checked?.missing ??
      (outcome.failure === undefined && options.verifyCommand !== undefined
        ? await runUnderLock(session, options.verifyCommand, ports)
        : undefined);
    const bad = outcome.outcome === 'failed' || verification?.ok === false;
    // Of an outcome that is unknown nothing can be proven, and its session is closed.
    const whole = outcome.failure === undefined && !bad;
    const schemaCache = whole ? await proveCache(session, pending, ports) : undefined;
    const names = new Set(outcome.applied.map((file) => file.file));
    const held = verification === undefined || verification.ok || !isLockLost(verification);
    if (bad && takesBack && !held) ports.log('nothing is taken back: the migration lock is not ours any more');
    const takenBack =
      bad && takesBack && held && names.size > 0
        ? await rollBackMigrations(session, {
            ...settings,
            files: pending.filter((file) => names.has(file.file)).toReversed(),
            applied: await session.history(),
          })
        : undefined;
    return {
      kind: 'ended',
      inspection,
      outcome,
      advice: checked?.advice ?? [],
      ...(backup === undefined ? {} : { backup }),
      ...(point === undefined ? {} : { point }),
      ...(verification === undefined ? {} : { verification }),
      ...(schemaCache === undefined ? {} : { schemaCache }),
      ...(takenBack === undefined ? {} : { takenBack }),
    };
  } finally {
    await session.close();
  }
}

/** Rules that the files accept, for the record of the release: their names, because a reason is free text. */
function describeAccepted({ findings }: MigrationInspection): string {
  const rules = new Set(findings.filter((one) => one.accepted !== undefined).map((one) => one.rule));
  return rules.size === 0 ? '' : `; accepted: ${[...rules].join(', ')}`;
}
