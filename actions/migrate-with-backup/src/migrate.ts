import type { BackupManifest } from '#backup/manifest';
import { applyMigrations, reloadSchema } from '#postgres/apply-migrations';
import type { ApplyOutcome } from '#postgres/apply-outcome';
import { objectsOfFiles } from '#postgres/find-missing';
import { inspectDatabase } from '#postgres/inspect-database';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import { type MigrationSession, openMigrationSession } from '#postgres/migration-session';
import type { MigrationFile } from '#postgres/read-migrations';
import { type RollbackOutcome, rollBackMigrations } from '#postgres/roll-back-migrations';
import type { SchemaAdvice } from '#postgres/schema-advice';
import type { RemovedName } from '#postgres/statement-finding';
import type { MigrationIntent } from '#release/migration-record';
import type { DeployedUses } from '#release/search-deployed-code';
import type { ApiObject } from '#supabase/data-api';
import type { SchemaCacheProof } from '#supabase/prove-schema-cache';
import { type ApprovalPort, decideEarly } from './approval.ts';
import { baseline } from './baseline.ts';
import { adviceNow, checkAfter } from './check-after.ts';
import { usesInDeployedCode } from './deployed-code.ts';
import type { Ending } from './describe-ending.ts';
import { migrateByCommand } from './migrate-by-command.ts';
import { forwardIntent } from './migration-ledger.ts';
import { type ChangedMigrations, type PlanFacts, planMigration } from './plan.ts';
import type { MigrateOptions } from './plan-options.ts';
import { provenBackup } from './proven-backup.ts';
import { checkWayBack, rollBack } from './roll-back.ts';
import type { CommandOutcome } from './run-command.ts';
import { apiObjects } from './schema-cache.ts';

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
      /** Absent where nothing was made that the Data API would know, or where it was not asked. */
      schemaCache?: SchemaCacheProof;
      takenBack?: RollbackOutcome;
    }
  /** A mode that says its own ending. */
  | {
      kind: 'decided';
      ending: Ending;
      inspection?: MigrationInspection;
      backup?: MadeBackup;
      details?: Record<string, unknown>;
    };

export interface MadeBackup {
  manifest: BackupManifest;
  manifestFile: string;
  /** Keys that opened the backup before and do not open this one (S27). */
  removedRecipients?: readonly string[];
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
  /** A restore point of the platform, or why there is none. */
  platformPoint(): Promise<{ point: string } | { reasonCode: string; message: string }>;
  /** Asks the Data API until it knows these objects; undefined: no key was given. */
  proveSchemaCache?:
    | ((objects: readonly ApiObject[], reload: () => Promise<unknown>) => Promise<SchemaCacheProof>)
    | undefined;
  /** The consumer's own command, for `command` and `verify-command`. */
  run(command: string): Promise<CommandOutcome>;
  /** What the pull request of this run changes in the folder; undefined: it is none, or GitHub does not say. */
  changedMigrations(): Promise<ChangedMigrations | undefined>;
  /** An empty scratch server of this major version (undefined: the newest here), or why there is none. */
  scratch(
    major: number | undefined,
  ): Promise<{ url: string; stop(): Promise<void> } | { reasonCode: string; message: string }>;
  /** Searches the code that serves now, if any, for names that go; absent in a release, whose preflight has said it. */
  deployedUses?: ((removed: readonly RemovedName[]) => Promise<DeployedUses | undefined>) | undefined;
  /** Undefined: nobody can be asked who approved. */
  approval?: ApprovalPort | undefined;
  /** True when this runs as a step of a release. */
  inRelease: boolean;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Pending, safe, recorded, backed up, applied: each step only when the one before it is done. */
export async function migrate(options: MigrateOptions, ports: MigrationPorts): Promise<Migration> {
  const { url, directory, phase, limits, includeAll, wayBack } = options;
  const select = {
    ...{ phase, limits, includeAll, wayBack },
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
  const session = await openMigrationSession(url, {
    signal: ports.signal,
    lock: 'later',
    onWait: (holder) =>
      ports.log(
        `another migration is running${holder === undefined ? '' : ` (session ${holder.pid})`}; waiting for it to end`,
      ),
  });
  try {
    const first = await inspectDatabase(session.connection, directory, select);
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
    const look = () => inspectDatabase(session.connection, directory, select);
    const [lock, underLock] = await Promise.all([session.lock(), look()]);
    // Who held the lock may have applied everything since.
    const current = lock === 'free' ? underLock : await look();
    const inspection = { ...current, findings: [...current.findings, ...used] };
    const { applied } = inspection;
    const late = await decideEarly(inspection, options, ports);
    if (late !== undefined) return late;
    const pending = inspection.toApply;
    if (options.onFailure === 'rollback-sql') {
      const before = inspection.files.filter((file) => applied.includes(file.version));
      const major = Math.floor(session.connection.serverVersion / 10_000);
      const reason = await session.whileIdle(() => checkWayBack(before, pending, major, ports));
      for (const line of reason?.differences ?? []) ports.log(line);
      if (reason !== undefined) {
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
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const settings = { lockTimeoutMs, statementTimeoutMs, log: ports.log, signal: ports.signal };
    const before = adviceNow(session.connection, ports.log);
    const outcome = await applyMigrations(session, { pending, applied, ...settings });
    const advice = await before;
    const checked =
      outcome.failure === undefined
        ? await checkAfter(session.connection, { files: pending, named: options.expected, advice }, ports.log)
        : undefined;
    const verification =
      checked?.missing ??
      (outcome.failure === undefined && options.verifyCommand !== undefined
        ? await session.whileIdle(() => ports.run(options.verifyCommand ?? ''))
        : undefined);
    const bad = outcome.outcome === 'failed' || verification?.ok === false;
    const schemaCache = bad ? undefined : await proveCache(session, pending, ports);
    const names = new Set(outcome.applied.map((file) => file.file));
    const takenBack =
      bad && options.onFailure === 'rollback-sql' && names.size > 0
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

/** The notice of the reload went out with the last file; here a request proves that it arrived (trap 9). */
async function proveCache(
  session: MigrationSession,
  files: readonly MigrationFile[],
  ports: Pick<MigrationPorts, 'proveSchemaCache' | 'log'>,
): Promise<SchemaCacheProof | undefined> {
  const objects = apiObjects(await objectsOfFiles(files));
  if (objects.length === 0) return undefined;
  const { proveSchemaCache } = ports;
  if (proveSchemaCache === undefined) {
    ports.log(
      'the Data API was told to read the schema again; no request proves it, because data-api-key is not given',
    );
    return undefined;
  }
  // The second query frees a queue of notices that is stuck, as Supabase's troubleshooting says.
  const reload = () => session.connection.query(`${reloadSchema}; SELECT pg_catalog.pg_notification_queue_usage()`);
  return await session.whileIdle(() => proveSchemaCache(objects, reload));
}

/** Rules that the files accept, for the record of the release: their names, because a reason is free text. */
function describeAccepted({ findings }: MigrationInspection): string {
  const rules = new Set(findings.filter((one) => one.accepted !== undefined).map((one) => one.rule));
  return rules.size === 0 ? '' : `; accepted: ${[...rules].join(', ')}`;
}
