import type { BackupManifest } from '#backup/manifest';
import { applyMigrations } from '#postgres/apply-migrations';
import type { ApplyOutcome } from '#postgres/apply-outcome';
import { classifyFiles, type FileSummary } from '#postgres/classify-files';
import type { MigrationInspection } from '#postgres/inspect-migrations';
import { inspectMigrations } from '#postgres/inspect-migrations';
import { openMigrationSession } from '#postgres/migration-session';
import { readPending } from '#postgres/read-pending';
import { loadSqlParser } from '#postgres/sql-parser';
import type { MigrateOptions } from './plan-options.ts';

/** What happened, as data; `render-migration.ts` turns it into words. */
export type Migration =
  | { kind: 'not-configured' | 'no-folder' | 'no-url' }
  | { kind: 'nothing-pending' | 'refused' | 'by-hand'; inspection: MigrationInspection }
  | { kind: 'planned'; inspection: MigrationInspection; files: FileSummary[] }
  | { kind: 'no-backup-possible'; inspection: MigrationInspection; reasonCode: string; message: string }
  | { kind: 'not-recorded'; inspection: MigrationInspection; message: string }
  | { kind: 'backup-failed'; inspection: MigrationInspection; reasonCode: string; message: string; backup?: MadeBackup }
  | { kind: 'ended'; inspection: MigrationInspection; outcome: ApplyOutcome; backup?: MadeBackup };

export interface MadeBackup {
  manifest: BackupManifest;
  manifestFile: string;
}

export interface MigrationPorts {
  log(line: string): void;
  signal: AbortSignal;
  folderExists(path: string): Promise<boolean>;
  /** Writes to the record of the release; rejects when that cannot be written. */
  record(kind: 'intent' | 'outcome', word: string, text: string): Promise<void>;
  /** Refuses (undefined: fine) before anything starts. */
  checkBackup(): Promise<{ reasonCode: string; message: string } | undefined>;
  /** A reason instead where no object could be stored. */
  createBackup(): Promise<MadeBackup | { reasonCode: string; message: string }>;
  /** True when this runs as a step of a release. */
  inRelease: boolean;
}

/** Pending, safe, recorded, backed up, applied: each step only when the one before it is done. */
export async function migrate(options: MigrateOptions, ports: MigrationPorts): Promise<Migration> {
  const { url, directory, phase } = options;
  const exists = await ports.folderExists(directory);
  if (!exists && options.named) return { kind: 'no-folder' };
  if (url === undefined) return { kind: exists ? 'no-url' : 'not-configured' };
  if (!exists) return { kind: 'not-configured' };
  const first = await readPending(url, directory, { phase, signal: ports.signal });
  const early = decideEarly(first, options, ports);
  if (early !== undefined) return early;
  if (options.mode === 'plan') {
    return { kind: 'planned', inspection: first, files: classifyFiles(first.plan.pending, await loadSqlParser()) };
  }

  const problem = options.backup === 'required' ? await ports.checkBackup() : undefined;
  if (problem !== undefined) return { kind: 'no-backup-possible', inspection: first, ...problem };
  try {
    await ports.record('intent', 'apply', `${first.plan.pending.length} pending`);
  } catch (error) {
    return { kind: 'not-recorded', inspection: first, message: (error as Error).message };
  }
  const session = await openMigrationSession(url, {
    signal: ports.signal,
    onWait: (holder) =>
      ports.log(
        `another migration is running${holder === undefined ? '' : ` (session ${holder.pid})`}; waiting for it to end`,
      ),
  });
  try {
    // What the lock was waited for may have applied everything.
    const applied = await session.history();
    const inspection = await inspectMigrations({ directory, applied, phase });
    const late = decideEarly(inspection, options, ports);
    if (late !== undefined) return late;
    const { pending } = inspection.plan;
    const backup = options.backup === 'required' ? await session.whileIdle(() => ports.createBackup()) : undefined;
    if (backup !== undefined && 'reasonCode' in backup) return { kind: 'backup-failed', inspection, ...backup };
    if (backup !== undefined && backup.manifest.verification.verdict !== 'verified') {
      const { verdict, message } = backup.manifest.verification;
      return {
        kind: 'backup-failed',
        inspection,
        reasonCode: `backup_${verdict.replaceAll('-', '_')}`,
        message,
        backup,
      };
    }
    const { lockTimeoutMs, statementTimeoutMs } = options;
    const outcome = await applyMigrations(session, {
      pending,
      applied,
      lockTimeoutMs,
      statementTimeoutMs,
      log: ports.log,
      signal: ports.signal,
    });
    return { kind: 'ended', inspection, outcome, ...(backup === undefined ? {} : { backup }) };
  } finally {
    await session.close();
  }
}

/** The endings that need nothing but the inspection; undefined: go on. */
function decideEarly(
  inspection: MigrationInspection,
  options: MigrateOptions,
  ports: Pick<MigrationPorts, 'inRelease'>,
): Migration | undefined {
  if (inspection.findings.some((finding) => finding.severity === 'refuse')) return { kind: 'refused', inspection };
  if (inspection.plan.pending.length === 0) return { kind: 'nothing-pending', inspection };
  return ports.inRelease && options.mode === 'apply' && options.apply !== 'automatic'
    ? { kind: 'by-hand', inspection }
    : undefined;
}
