import type { ApplySettings } from './apply-file.ts';
import { FileFailed, fileFailed } from './apply-outcome.ts';
import type { DatabaseConnection } from './connection.ts';
import { isConnectionLost } from './database-error.ts';
import { type BuiltIndex, indexNameOf, inspectIndex, sameIndex } from './inspect-index.ts';
import type { MigrationSession } from './migration-session.ts';
import type { ParsedStatement, SqlParser } from './sql-parser.ts';
import { watchBlockers } from './watch-blockers.ts';

interface AloneStatement {
  sql: string;
  statement: ParsedStatement;
  parser: SqlParser;
}

/**
 * One statement outside a transaction. Timeouts are lifted, because an index build waits for every older snapshot of the
 * database (trap 11); what an earlier run left is inspected first, and an index counts as built only when PostgreSQL
 * calls it valid (S28). @throws FileFailed; after `connection_lost` the statement may still be running.
 */
export async function runAlone(
  session: MigrationSession,
  given: AloneStatement,
  settings: ApplySettings,
): Promise<void> {
  const { connection } = session;
  const watch = watchBlockers({ url: session.url, pid: connection.processId, afterMs: 1_000, log: settings.log });
  try {
    await connection.query('SET lock_timeout = 0; SET statement_timeout = 0');
    if (connection.serverVersion >= 140_000) await connection.query('SET client_connection_check_interval = 5000');
    const index = indexNameOf(given.statement);
    if (index === undefined) await connection.run(given.sql);
    else await buildIndex(connection, given, index, settings);
  } catch (error) {
    throw fileFailed(error, []);
  } finally {
    await watch.stop();
  }
}

/** Whether a statement that was started and not seen to end took effect. Trying again is harmless for all but `unknown`. */
export async function finishedBefore(
  connection: DatabaseConnection,
  statement: ParsedStatement,
  parser: SqlParser,
): Promise<'yes' | 'no' | 'unknown'> {
  const index = indexNameOf(statement);
  if (index !== undefined) {
    const built = await inspectIndex(connection, index);
    return built?.valid === true && sameIndex(statement, built.definition, parser) ? 'yes' : 'no';
  }
  const repeatable =
    statement.kind === 'VacuumStmt' ||
    statement.kind === 'ReindexStmt' ||
    statement.kind === 'ClusterStmt' ||
    statement.kind === 'AlterSystemStmt' ||
    statement.node.missing_ok === true;
  return repeatable ? 'no' : 'unknown';
}

async function buildIndex(
  connection: DatabaseConnection,
  given: AloneStatement,
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
    await connection.run(given.sql);
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
