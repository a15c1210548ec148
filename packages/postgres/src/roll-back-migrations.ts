import type { ApplySettings, FileToApply } from './apply-file.ts';
import { type ApplyOptions, applyWithPatience, reloadSchema } from './apply-migrations.ts';
import type { ApplyFailure } from './apply-outcome.ts';
import { forgetMigration } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

export interface RollbackOptions extends Pick<ApplyOptions, 'lockTimeoutMs' | 'statementTimeoutMs' | 'log' | 'signal'> {
  /** Newest first; each with its way back. */
  files: readonly MigrationFile[];
  /** Versions in the history now. */
  applied: readonly string[];
}

export interface RollbackOutcome {
  /** File names that are no longer applied, in the order they were taken back. */
  rolledBack: string[];
  failure?: ApplyFailure;
}

/**
 * Runs the rollback SQL of files, newest first, each in one transaction with the removal of its row in the history. Stops
 * at the first failure. @throws Error when a file without rollback SQL is given, which callers have to refuse before.
 */
export async function rollBackMigrations(
  session: MigrationSession,
  options: RollbackOptions,
): Promise<RollbackOutcome> {
  const parser = await loadSqlParser();
  const settings: ApplySettings = {
    lockTimeoutMs: options.lockTimeoutMs ?? 5_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 0,
    log: options.log ?? (() => {}),
  };
  const expected = new Set(options.applied);
  const rolledBack: string[] = [];
  for (const file of options.files) {
    options.signal?.throwIfAborted();
    if (file.down === undefined) throw new Error(`${file.file} has no rollback SQL`);
    const task: FileToApply = {
      file: { ...file, sql: file.down },
      record: forgetMigration(file.version),
      recorded: false,
      expected,
      atCommit: file === options.files.at(-1) ? reloadSchema : '',
    };
    const failure = await applyWithPatience(session, task, settings, parser, options);
    if (failure !== undefined) return { rolledBack, failure };
    expected.delete(file.version);
    rolledBack.push(file.file);
    settings.log(`rolled back ${file.file}`);
  }
  return { rolledBack };
}
