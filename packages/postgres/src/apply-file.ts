import { FileFailed, fileFailed } from './apply-outcome.ts';
import { isConnectionLost, sqlstateOf } from './database-error.ts';
import { lockAndReadHistory, recordMigration } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
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
  /** What the Supabase CLI stores as `statements`. */
  segments: readonly string[];
  /** Versions that the history must hold before this file, and no others. */
  expected: ReadonlySet<string>;
  /** Sent with the COMMIT of this file, e.g. PostgREST's reload. */
  atCommit: string;
}

/** Undoes what an earlier file left in the session. RESET ALL is what the Supabase CLI sends; it does not reset roles. */
const fresh = 'RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL;';

/**
 * One file in one transaction: history locked and compared, the file's SQL as one message, the history row, COMMIT.
 * @throws FileFailed; nothing of the file is applied, except that `connection_lost` leaves it open until the history is read.
 */
export async function applyFile(
  session: MigrationSession,
  { file, segments, expected, atCommit }: FileToApply,
  settings: ApplySettings,
): Promise<void> {
  const { connection } = session;
  const watch = watchBlockers({
    url: session.url,
    pid: connection.processId,
    afterMs: Math.min(1_000, settings.lockTimeoutMs / 2),
    log: settings.log,
  });
  try {
    // Three messages per file: round trips are what a distant database costs.
    const begin = `${beginning(connection.serverVersion, settings)} ${lockAndReadHistory}`;
    compareHistory(await connection.query<{ version: string }>(begin), expected);
    await connection.run(file.sql);
    const row = recordMigration({ version: file.version, name: file.name, statements: segments });
    await connection.query(`RESET SESSION AUTHORIZATION; RESET ROLE; ${row}; ${atCommit} COMMIT`);
  } catch (error) {
    await watch.stop();
    if (!isConnectionLost(error) || error instanceof FileFailed) await connection.query('ROLLBACK').catch(() => {});
    throw fileFailed(error, sqlstateOf(error) === '55P03' ? watch.blockers : []);
  } finally {
    await watch.stop();
  }
}

function beginning(serverVersion: number, settings: ApplySettings): string {
  const local = {
    lock_timeout: settings.lockTimeoutMs,
    statement_timeout: settings.statementTimeoutMs,
    // A server that lost us must not hold the history for hours.
    idle_in_transaction_session_timeout: 60_000,
    // Since PostgreSQL 14: a running statement notices that its client is gone.
    ...(serverVersion >= 140_000 ? { client_connection_check_interval: 5_000 } : {}),
  };
  const lines = Object.entries(local).map(([name, value]) => `SET LOCAL ${name} = ${Math.max(0, Math.round(value))};`);
  return `${fresh} BEGIN; ${lines.join(' ')}`;
}

/** @throws FileFailed `history_changed` when another tool wrote since the plan was made (S28). */
export function compareHistory(rows: readonly { version: string }[], expected: ReadonlySet<string>): void {
  const now = new Set(rows.map((row) => row.version));
  const added = [...now].filter((version) => !expected.has(version));
  const gone = [...expected].filter((version) => !now.has(version));
  if (added.length === 0 && gone.length === 0) return;
  const parts = [
    added.length > 0 ? `added: ${added.join(', ')}` : '',
    gone.length > 0 ? `removed: ${gone.join(', ')}` : '',
  ];
  const message = `another tool changed the migration history since the plan was made (${parts.filter((part) => part !== '').join('; ')}); run again to plan anew`;
  throw new FileFailed('history_changed', { message });
}
