import { type ApplySettings, compareHistory, type FileToApply } from './apply-file.ts';
import { FileFailed, fileFailed } from './apply-outcome.ts';
import type { DatabaseConnection } from './connection.ts';
import { isConnectionLost } from './database-error.ts';
import { type BuiltIndex, indexNameOf, inspectIndex, sameIndex } from './inspect-index.ts';
import { lockAndReadHistory, recordMigration } from './migration-history.ts';
import type { MigrationSession } from './migration-session.ts';
import type { ParsedStatement, SqlParser } from './sql-parser.ts';
import { watchBlockers } from './watch-blockers.ts';

/**
 * A file whose only statement cannot run inside a transaction (CREATE INDEX CONCURRENTLY and its like). Timeouts are
 * lifted, because an index build waits for every older snapshot of the database (trap 11); what an earlier run left is
 * inspected first, and an index counts as built only when PostgreSQL calls it valid (S28).
 * @throws FileFailed; after `connection_lost` the statement may still be running.
 */
export async function applyAlone(
  session: MigrationSession,
  given: FileToApply & { statement: ParsedStatement; parser: SqlParser },
  settings: ApplySettings,
): Promise<void> {
  const { connection } = session;
  const watch = watchBlockers({ url: session.url, pid: connection.processId, afterMs: 1_000, log: settings.log });
  try {
    await connection.query('RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL');
    await connection.query('SET lock_timeout = 0; SET statement_timeout = 0');
    if (connection.serverVersion >= 140_000) await connection.query('SET client_connection_check_interval = 5000');
    compareHistory(
      await connection.query<{ version: string }>('SELECT version FROM supabase_migrations.schema_migrations'),
      given.expected,
    );
    const index = indexNameOf(given.statement);
    if (index === undefined) await connection.run(given.file.sql);
    else await buildIndex(connection, given, index, settings);
    await record(connection, given, settings);
  } catch (error) {
    if (!isConnectionLost(error) || error instanceof FileFailed) await connection.query('ROLLBACK').catch(() => {});
    throw fileFailed(error, []);
  } finally {
    await watch.stop();
  }
}

async function record(connection: DatabaseConnection, given: FileToApply, settings: ApplySettings): Promise<void> {
  await connection.query(`BEGIN; SET LOCAL lock_timeout = ${Math.round(settings.lockTimeoutMs)}`);
  compareHistory(await connection.query<{ version: string }>(lockAndReadHistory), given.expected);
  const row = recordMigration({ version: given.file.version, name: given.file.name, statements: given.segments });
  await connection.query(`${row}; ${given.atCommit} COMMIT`);
}

async function buildIndex(
  connection: DatabaseConnection,
  given: FileToApply & { statement: ParsedStatement; parser: SqlParser },
  index: { table: string; name: string },
  settings: ApplySettings,
): Promise<void> {
  const before = await inspectIndex(connection, index);
  if (before?.building === true) {
    throw refused(
      'index_invalid',
      `index ${index.name} is being built by another session right now; run again when it ended`,
    );
  }
  if (before?.valid === true) {
    if (sameIndex(given.statement, before.definition, given.parser)) {
      settings.log(`index ${index.name} was already built, by a run that was interrupted; recording it`);
      return;
    }
    throw refused(
      'index_exists',
      `an index named ${index.name} exists and is not provably the one of this file; compare it with pg_get_indexdef, then rename or drop one of them`,
    );
  }
  if (before !== undefined) {
    settings.log(`index ${index.name} is invalid (an earlier build was interrupted): dropping it and building anew`);
    await connection.run(`DROP INDEX CONCURRENTLY ${before.qualifiedName}`);
  }
  try {
    await connection.run(given.file.sql);
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    const left = await inspectIndex(connection, index);
    await dropInvalid(connection, left, settings);
    throw error;
  }
  const after = await inspectIndex(connection, index);
  if (after?.valid !== true) {
    throw refused(
      'index_invalid',
      `index ${index.name} is not valid after its build (indisvalid is false): it is written to and never used`,
    );
  }
}

/** An invalid index costs every write and serves no read; nobody else can have made this one. */
async function dropInvalid(
  connection: DatabaseConnection,
  index: BuiltIndex | undefined,
  settings: ApplySettings,
): Promise<void> {
  if (index === undefined || index.valid || index.building) return;
  try {
    await connection.run(`DROP INDEX CONCURRENTLY ${index.qualifiedName}`);
    settings.log(`the build failed; the invalid index ${index.qualifiedName} was dropped`);
  } catch {
    settings.log(`the build failed and left the invalid index ${index.qualifiedName}; the next run drops it`);
  }
}

function refused(reasonCode: 'index_invalid' | 'index_exists', message: string): FileFailed {
  return new FileFailed(reasonCode, { message });
}
