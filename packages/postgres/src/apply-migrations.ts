import { setTimeout as delay } from 'node:timers/promises';
import { type ApplySettings, applyFile, type FileToApply } from './apply-file.ts';
import {
  type AppliedFile,
  type ApplyFailure,
  type ApplyOutcome,
  describeFailure,
  FileFailed,
} from './apply-outcome.ts';
import { applyPieces } from './apply-pieces.ts';
import { bootstrapMigrationHistory, recordMigration } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { splitFile } from './split-file.ts';
import { loadSqlParser, type SqlParser } from './sql-parser.ts';

export interface ApplyOptions {
  /** Pending files in order, already classified: nothing here decides whether they should run. */
  pending: readonly MigrationFile[];
  /** Versions in the history when the plan was made. */
  applied: readonly string[];
  /** Default 5 s. */
  lockTimeoutMs?: number;
  /** Default none. */
  statementTimeoutMs?: number;
  /** Attempts per file when a lock was not to be had, default 3. */
  attempts?: number;
  /** Before the second attempt; doubles. Default 2 s. */
  pauseMs?: number;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/** PostgREST reads its schema again; harmless where nobody listens. A notice is not a proof (trap 9). */
export const reloadSchema = `NOTIFY pgrst, 'reload schema'`;

/**
 * Applies pending files in order, each whole or not at all, into `supabase_migrations.schema_migrations` as the Supabase
 * CLI writes it. Stops at the first failure; earlier files stay.
 * @throws Error when the history table cannot be made, or when `signal` aborts between two files.
 */
export async function applyMigrations(session: MigrationSession, options: ApplyOptions): Promise<ApplyOutcome> {
  const parser = await loadSqlParser();
  const log = options.log ?? (() => {});
  const settings: ApplySettings = {
    lockTimeoutMs: options.lockTimeoutMs ?? 5_000,
    statementTimeoutMs: options.statementTimeoutMs ?? 0,
    log,
  };
  const expected = new Set(options.applied);
  const applied: AppliedFile[] = [];
  await bootstrapMigrationHistory(session.connection);
  for (const [index, file] of options.pending.entries()) {
    options.signal?.throwIfAborted();
    const started = performance.now();
    const last = index === options.pending.length - 1;
    const record = recordMigration({ version: file.version, name: file.name, statements: segmentsOf(file, parser) });
    const task = { file, record, recorded: true, expected, atCommit: last ? reloadSchema : '' };
    const failure = await applyWithPatience(session, task, settings, parser, options);
    if (failure !== undefined) {
      if (applied.length > 0) await session.connection.query(reloadSchema).catch(() => {});
      const outcome = failure.reasonCode === 'outcome_unknown' ? 'unknown' : 'failed';
      return { outcome, applied, remaining: options.pending.slice(index).map((one) => one.file), failure };
    }
    expected.add(file.version);
    const durationMs = performance.now() - started;
    applied.push({ version: file.version, file: file.file, durationMs });
    log(`applied ${file.file} in ${(durationMs / 1000).toFixed(2)} s (${index + 1} of ${options.pending.length})`);
  }
  return { outcome: 'applied', applied, remaining: [] };
}

/** Tries a file again while nothing of it is applied and time may help; undefined: it is through. */
export async function applyWithPatience(
  session: MigrationSession,
  task: FileToApply,
  settings: ApplySettings,
  parser: SqlParser,
  options: Pick<ApplyOptions, 'attempts' | 'pauseMs' | 'signal'>,
) {
  const { file, recorded } = task;
  return await withPatience(session, options, {
    what: file.file,
    attempt: () => applyOnce(session, task, settings, parser),
    isDone: (history) => history.includes(file.version) === recorded,
    describe: (failed, attempts) => describeFailure(file, failed, parser, attempts),
    log: settings.log,
  });
}

/** One transaction, or one file that commits by itself, that may be tried again. */
export interface Attempted {
  /** For messages. */
  what: string;
  attempt(): Promise<void>;
  /** Whether these versions in the history mean that it was committed. */
  isDone(history: readonly string[]): boolean;
  describe(failed: FileFailed, attempts: number): ApplyFailure;
  log(line: string): void;
}

/** Tries again while nothing took effect and time may help; undefined: it is through. */
export async function withPatience(
  session: MigrationSession,
  options: Pick<ApplyOptions, 'attempts' | 'pauseMs' | 'signal'>,
  { what, attempt, isDone, describe, log }: Attempted,
): Promise<ApplyFailure | undefined> {
  const attempts = options.attempts ?? 3;
  for (let tried = 1; ; tried++) {
    try {
      await attempt();
      return undefined;
    } catch (error) {
      if (!(error instanceof FileFailed)) throw error;
      let failed: FileFailed = error;
      if (failed.reasonCode === 'connection_lost') {
        const settled = await settle(session, isDone, options.signal);
        if (settled === 'done') {
          log(`the connection was lost while ${what} was committed; the history says it is done`);
          return undefined;
        }
        if (settled !== 'open') {
          failed = new FileFailed('outcome_unknown', {
            message: `the connection was lost (${failed.message}) and the history cannot be read (${settled.message}): whether ${what} is applied is not known; run again, it reads the history first`,
          });
        }
      }
      if (!failed.passing || tried >= attempts) return describe(failed, tried);
      // Jitter: two that failed over one lock must not come back at the same moment.
      const pause = (options.pauseMs ?? 2_000) * 2 ** (tried - 1) * (0.75 + Math.random() / 2);
      log(`${what}: ${failed.message}; trying again in ${(pause / 1000).toFixed(1)} s`);
      await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

async function applyOnce(
  session: MigrationSession,
  task: FileToApply,
  settings: ApplySettings,
  parser: SqlParser,
): Promise<void> {
  const parsed = parser.parse(task.file.sql);
  const statements = 'file' in parsed ? parsed.file.statements : [];
  const split = splitFile(task.file.sql, statements);
  if ('whole' in split) await applyFile(session, { ...task, sql: split.whole }, settings);
  else await applyPieces(session, { ...task, pieces: split.pieces, statements, parser }, settings);
}

/** After a lost connection only the history knows; it is read under the lock, so that the old session is out of the way. */
async function settle(
  session: MigrationSession,
  isDone: Attempted['isDone'],
  signal: AbortSignal | undefined,
): Promise<'done' | 'open' | Error> {
  try {
    signal?.throwIfAborted();
    await session.reopen();
    return isDone(await session.history()) ? 'done' : 'open';
  } catch (error) {
    return error as Error;
  }
}

/** The statements of a file as the Supabase CLI stores them. */
export function segmentsOf(file: MigrationFile, parser: SqlParser): string[] {
  const parsed = parser.parse(file.sql);
  return 'file' in parsed ? parsed.file.segments : [file.sql];
}
