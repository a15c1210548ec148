import type { ApplySettings } from './apply-file.ts';
import { type ApplyOptions, applyWithPatience, reloadSchema } from './apply-migrations.ts';
import type { ApplyFailure } from './apply-outcome.ts';
import { forgetMigration } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { rollBackTogether, wholeFiles } from './roll-back-together.ts';
import { loadSqlParser } from './sql-parser.ts';

export interface RollbackOptions
  extends Pick<ApplyOptions, 'lockTimeoutMs' | 'statementTimeoutMs' | 'attempts' | 'pauseMs' | 'log' | 'signal'> {
  /** Newest first; each with its way back. */
  files: readonly MigrationFile[];
  /** Versions in the history now. */
  applied: readonly string[];
}

export interface RollbackOutcome {
  /** File names that are no longer applied, in the order they were taken back. */
  rolledBack: string[];
  /** False where a file commits by itself, so that a failure keeps what was taken back before it. */
  together: boolean;
  failure?: ApplyFailure;
}

/**
 * Runs the rollback SQL of files, newest first, with the removal of their rows in the history: all in one transaction, so that
 * a failure in any of them leaves everything as it was (DRB-02). Where one of them commits by itself, or holds what PostgreSQL
 * refuses in a transaction, each file stands alone and the first failure ends it.
 * @throws Error when a file without rollback SQL is given, which callers have to refuse before.
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
  const files = options.files.map((file) => {
    if (file.down === undefined) throw new Error(`${file.file} has no rollback SQL`);
    return { ...file, sql: file.down };
  });
  options.signal?.throwIfAborted();
  const whole = wholeFiles(files, parser);
  if (whole !== undefined) {
    const failure = await rollBackTogether(session, { files: whole, expected, parser }, settings, options);
    if (failure !== undefined) return { rolledBack: [], together: true, failure };
    const rolledBack = files.map(({ file }) => file);
    settings.log(`rolled back in one transaction: ${rolledBack.join(', ')}`);
    return { rolledBack, together: true };
  }
  const rolledBack: string[] = [];
  for (const file of files) {
    options.signal?.throwIfAborted();
    const atCommit = file === files.at(-1) ? reloadSchema : '';
    const task = { file, record: forgetMigration(file.version), recorded: false, expected, atCommit };
    const failure = await applyWithPatience(session, task, settings, parser, options);
    if (failure !== undefined) return { rolledBack, together: false, failure };
    expected.delete(file.version);
    rolledBack.push(file.file);
    settings.log(`rolled back ${file.file}`);
  }
  return { rolledBack, together: false };
}
