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
import type { LockHolder } from './migration-lock.ts';
import type { MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { controlOf, splitFile } from './split-file.ts';
import { loadSqlParser, type ParsedStatement, type SqlParser } from './sql-parser.ts';

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
  /** Told who stood in the way when a lock was not to be had, before the next attempt; it may do something about it. Never rejects. */
  unblock?: ((blockers: readonly LockHolder[]) => Promise<void>) | undefined;
  /** Called whenever the last file was sent whole: what only reads may travel with it. Not called for one that commits by itself. */
  lastSent?: () => void;
  log?: (line: string) => void;
  signal?: AbortSignal;
}

export type Patience = Pick<ApplyOptions, 'attempts' | 'pauseMs' | 'signal' | 'unblock'>;

/** PostgREST reads its schema again; harmless where nobody listens. A notice is not a proof (trap 9). */
export const reloadSchema = `NOTIFY pgrst, 'reload schema'`;

/**
 * Applies pending files in order, each whole or not at all, into `supabase_migrations.schema_migrations` as the Supabase
 * CLI writes it. Stops at the first failure; earlier files stay.
 *
 * Files travel before the ones in front of them were answered, so that a distant database costs a part of a round trip per
 * file, and a near one never waits for us. Their checks of the history are what makes that safe: each does nothing unless all in
 * front of it are recorded.
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
  const { pending, signal } = options;
  const applied: AppliedFile[] = [];
  const taskOf = (file: MigrationFile, index: number): FileToApply => ({
    file,
    record: recordMigration({ version: file.version, name: file.name, statements: segmentsOf(file, parser) }),
    recorded: true,
    expected: new Set([...options.applied, ...pending.slice(0, index).map(({ version }) => version)]),
    ...(index === pending.length - 1 ? { atCommit: reloadSchema, sent: options.lastSent } : { atCommit: '' }),
  });
  await bootstrapMigrationHistory(session.connection);
  /** First attempts under way, by the place of their file. */
  const sent = new Map<number, Promise<void>>();
  const send = (file: MigrationFile, index: number): void => {
    const turn = sent.get(index - 1);
    const attempt = applyOnce(session, { ...taskOf(file, index), ...(turn && { turn }) }, settings, parser);
    attempt.catch(() => {});
    sent.set(index, attempt);
  };
  for (const [index, file] of pending.entries()) {
    if (!sent.has(index)) signal?.throwIfAborted();
    const started = performance.now();
    // A run that is cancelled waits for what is under way: files that take long are not sent far ahead.
    const most = signal?.aborted === true ? 1 : (applied.at(-1)?.durationMs ?? slowMs) < slowMs ? mostTogether : 2;
    const together = countTogether(pending.slice(index, index + most), parser);
    for (const [at, next] of pending.slice(index, index + together).entries()) {
      if (!sent.has(index + at)) send(next, index + at);
    }
    const begun = sent.get(index);
    // What followed a file that failed did nothing and is sent again, unless the lost session took its answer along.
    if (begun !== undefined && !(await succeeds(begun))) {
      for (const [at, later] of sent) if (at > index && (await didNothing(later))) sent.delete(at);
    }
    const failure = await applyWithPatience(session, taskOf(file, index), settings, parser, options, begun);
    sent.delete(index);
    if (failure !== undefined) {
      if (applied.length > 0) await session.connection.query(reloadSchema).catch(() => {});
      const outcome = failure.reasonCode === 'outcome_unknown' ? 'unknown' : 'failed';
      return { outcome, applied, remaining: pending.slice(index).map((one) => one.file), failure };
    }
    const durationMs = performance.now() - started;
    applied.push({ version: file.version, file: file.file, durationMs });
    log(`applied ${file.file} in ${(durationMs / 1000).toFixed(2)} s (${index + 1} of ${pending.length})`);
  }
  return { outcome: 'applied', applied, remaining: [] };
}

/** Tries a file again while nothing of it is applied and time may help; undefined: it is through. `begun`: its first attempt. */
export async function applyWithPatience(
  session: MigrationSession,
  task: FileToApply,
  settings: ApplySettings,
  parser: SqlParser,
  options: Patience,
  begun?: Promise<void>,
) {
  const { file, recorded } = task;
  let first = begun;
  return await withPatience(session, options, {
    what: file.file,
    attempt: () => {
      const attempt = first ?? applyOnce(session, task, settings, parser);
      first = undefined;
      return attempt;
    },
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
  options: Patience,
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
      if (failed.reasonCode === 'lock_timeout' && failed.blockers.length > 0) await options.unblock?.(failed.blockers);
      // Jitter: two that failed over one lock must not come back at the same moment.
      const pause = (options.pauseMs ?? 2_000) * 2 ** (tried - 1) * (0.75 + Math.random() / 2);
      log(`${what}: ${failed.message}; trying again in ${(pause / 1000).toFixed(1)} s`);
      await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

/** UTF-16 units of SQL under way. What does not fit into the buffers of the sockets would keep their keepalive from working (S28). */
const mostSqlTogether = 40_000;
/** Files under way, where each takes less than `slowMs`. */
const mostTogether = 4;
const slowMs = 250;

/** How many files, from the first on, are sent one after the other; the server reads nothing but SQL meanwhile. */
function countTogether(files: readonly MigrationFile[], parser: SqlParser): number {
  let [count, length] = [0, 0];
  for (const file of files) {
    length += file.sql.length;
    if (length > mostSqlTogether || !isPlain(file, parser)) break;
    count++;
  }
  return Math.max(1, count);
}

/** One transaction, without rows that follow it on the wire. */
function isPlain({ sql }: MigrationFile, parser: SqlParser): boolean {
  const parsed = parser.parse(sql);
  if (!('file' in parsed)) return false;
  const { statements } = parsed.file;
  return 'whole' in splitFile(sql, statements) && !statements.some(({ kind }) => kind === 'CopyStmt');
}

function succeeds(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => true,
    () => false,
  );
}

/** Behind a file whose answer was lost one may be applied, too: only a refusal of the server says that nothing was done. */
function didNothing(attempt: Promise<void>): Promise<boolean> {
  return attempt.then(
    () => false,
    (error) => !(error instanceof FileFailed && ['connection_lost', 'not_recorded'].includes(error.reasonCode)),
  );
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
  if ('whole' in split) {
    const sent = applyFile(session, { ...task, sql: split.whole }, settings);
    await sent.catch((error) => {
      throw split.whole === task.file.sql ? error : inOwnTransaction(error, statements);
    });
  } else await applyPieces(session, { ...task, pieces: split.pieces, statements, parser }, settings);
}

/** The place counted in a file whose own BEGIN and COMMIT were not sent. */
function inOwnTransaction(error: unknown, statements: readonly ParsedStatement[]): unknown {
  if (!(error instanceof FileFailed)) return error;
  const { position: _within, completed, ...facts } = error.facts;
  if (completed === undefined) return error;
  const sent = statements.flatMap((statement, index) => (controlOf(statement) === undefined ? [index] : []));
  return new FileFailed(
    error.reasonCode,
    { ...facts, completed: sent[completed] ?? statements.length },
    error.blockers,
  );
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
