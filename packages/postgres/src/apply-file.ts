import { FileFailed, fileFailed } from './apply-outcome.ts';
import { databaseErrorFacts, isConnectionLost, sqlstateOf } from './database-error.ts';
import { historyCheck } from './migration-history.ts';
import { limitOfIdling, type MigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';
import { watchBlockers } from './watch-blockers.ts';

export interface ApplySettings {
  /** How long one statement waits for a lock; default 5 s. */
  lockTimeoutMs: number;
  /** 0: none. */
  statementTimeoutMs: number;
  log: (line: string) => void;
}

export interface FileToApply {
  file: MigrationFile;
  /** SQL that writes the history, in the same transaction: `recordMigration`, or `forgetMigration` on the way back. */
  record: string;
  /** True when the version is in the history afterwards. */
  recorded: boolean;
  /** Versions that the history must hold before this file, and no others. */
  expected: ReadonlySet<string>;
  /** Sent with the COMMIT of this file, e.g. PostgREST's reload. */
  atCommit: string;
  /** The file before it, where this one is sent before that one was answered. */
  turn?: Promise<unknown>;
  /** Called whenever it was sent: what is asked then travels with it and is answered behind it. */
  sent?: (() => void) | undefined;
}

/** Undoes what an earlier file left in the session. RESET ALL is what the Supabase CLI sends; it does not reset roles. */
export const freshSession: readonly string[] = ['RESET SESSION AUTHORIZATION', 'RESET ROLE', 'RESET ALL'];

/**
 * One file in one transaction and one message: session reset, history locked and compared, the file's SQL, the history
 * row, COMMIT, the row read back. One message, because round trips are what a distant database costs.
 * @throws FileFailed; nothing of the file is applied, except that `connection_lost` leaves it open until the history is read.
 */
export async function applyFile(
  session: MigrationSession,
  task: FileToApply & { sql: string },
  settings: ApplySettings,
): Promise<void> {
  const before = [
    ...freshSession,
    ...beginning(session.connection.serverVersion, settings),
    ...historyCheck(task.expected),
  ];
  const after = [
    'RESET SESSION AUTHORIZATION',
    'RESET ROLE',
    task.record,
    ...(task.atCommit === '' ? [] : [task.atCommit]),
    'COMMIT',
    readBack(task.file.version),
  ];
  const { sql, expected, turn, sent } = task;
  const tags = await sendFile(session, { before, sql, after, expected, sent, ...(turn && { turn }) }, settings);
  confirmHistory(tags, task);
}

/**
 * Undoes a SET client_encoding of the file within its own message: the next one is read by the server as what it says before
 * anything in it runs, RESET ALL too, and an é would arrive as two other characters.
 */
const ownEncoding = 'RESET client_encoding';

/**
 * Sends SQL of a file between statements of ours, as one message, and watches who stands in its way.
 * @throws FileFailed whose place counts from the start of `sql`.
 */
export async function sendFile(
  session: MigrationSession,
  given: Pick<FileToApply, 'expected' | 'turn' | 'sent'> & {
    before: readonly string[];
    sql: string;
    after: readonly string[];
  },
  settings: ApplySettings,
): Promise<string[]> {
  const { connection } = session;
  const watch = watchBlockers({
    url: session.url,
    pid: connection.processId,
    afterMs: Math.min(1_000, settings.lockTimeoutMs / 2),
    log: settings.log,
    ...(given.turn && { turn: given.turn }),
  });
  const head = `${given.before.join(';\n')};\n`;
  try {
    // A line of its own after the file: one that ends in a comment must not swallow the row of the history.
    const answer = connection.run(`${head}${given.sql}\n;\n${[ownEncoding, ...given.after].join(';\n')}`);
    given.sent?.();
    return await answer;
  } catch (error) {
    await watch.stop();
    if (!isConnectionLost(error)) await connection.query('ROLLBACK').catch(() => {});
    if (isBehindCommit(error)) {
      const { message } = databaseErrorFacts(error);
      throw new FileFailed('not_recorded', {
        message: `it was committed, and the history could not be read back: ${message}`,
      });
    }
    if (isHistoryCheck(error, given.before.length)) throw await historyChanged(session, given.expected);
    const failed = fileFailed(inFile(error, given.before.length, head.length), []);
    throw new FileFailed(failed.reasonCode, failed.facts, sqlstateOf(error) === '55P03' ? watch.blockers : []);
  } finally {
    await watch.stop();
  }
}

/** Statement and position as counted in the file, not in the message that carried it. */
function inFile(error: unknown, statementsBefore: number, charactersBefore: number): unknown {
  const given = error as { completed?: number; position?: string };
  const completed = (given.completed ?? 0) - statementsBefore;
  const position = Number(given.position) - charactersBefore;
  // Raised while the whole message was read: no statement of it had run, only the position tells which one it is. Without one it
  // was a statement of ours, whose number is nobody's in the file.
  const place = { completed: completed >= 0 ? completed : undefined };
  return Object.assign(error as Error, place, { position: position > 0 ? String(position) : undefined });
}

/** The check is the last statement before the file, and a division by zero. */
function isHistoryCheck(error: unknown, statementsBefore: number): boolean {
  return sqlstateOf(error) === '22012' && (error as { completed?: number }).completed === statementsBefore - 1;
}

/** A file holds no COMMIT of its own where it is sent: the one that was answered is ours, and only the history was read after it. */
function isBehindCommit(error: unknown): boolean {
  return !isConnectionLost(error) && (error as { lastTag?: string }).lastTag === 'COMMIT';
}

async function historyChanged(session: MigrationSession, expected: ReadonlySet<string>): Promise<FileFailed> {
  const now = await session.history().catch((): string[] => []);
  const added = now.filter((version) => !expected.has(version));
  const gone = [...expected].filter((version) => !now.includes(version));
  const parts = [
    added.length > 0 ? `added: ${added.join(', ')}` : '',
    gone.length > 0 ? `removed: ${gone.join(', ')}` : '',
  ];
  const message = `another tool changed the migration history since the plan was made (${parts.filter((part) => part !== '').join('; ')}); run again to plan anew`;
  return new FileFailed('history_changed', { message });
}

/** The timeouts of one transaction, and its BEGIN. */
export function beginning(serverVersion: number, settings: ApplySettings): string[] {
  const local = {
    lock_timeout: settings.lockTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    // A server that lost us must not hold the history for hours.
    idle_in_transaction_session_timeout: 60_000,
    // Since PostgreSQL 14: a running statement notices that its client is gone.
    ...(serverVersion >= 140_000 ? { client_connection_check_interval: 5_000 } : {}),
  };
  const lines = Object.entries(local).map(([name, value]) => `SET LOCAL ${name} = ${Math.max(0, Math.round(value))}`);
  return [...limitOfIdling(serverVersion), 'BEGIN', ...lines];
}

/** Answers one row when the version is recorded. */
export function readBack(version: string): string {
  return `SELECT 1 FROM supabase_migrations.schema_migrations WHERE version = '${version.replaceAll("'", "''")}'`;
}

/** @throws FileFailed `not_recorded` when the history does not say what COMMIT promised. */
export function confirmHistory(tags: readonly string[], task: Pick<FileToApply, 'file' | 'recorded'>): void {
  if (tags.at(-1) === (task.recorded ? 'SELECT 1' : 'SELECT 0')) return;
  throw new FileFailed('not_recorded', {
    message: `the file was committed and the history, read back, ${task.recorded ? 'does not have' : 'still has'} version ${task.file.version}`,
  });
}
