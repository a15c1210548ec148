import type { DatabaseConnection } from '../connection.ts';
import { databaseErrorFacts, isConnectionLost, sqlstateOf } from '../database-error.ts';
import type { ExpectedObject } from '../expected-objects.ts';
import { findMissing } from '../find-missing.ts';
import { readMigrationHistory } from '../migration-history.ts';
import { migrationLockHolder } from '../migration-lock.ts';
import { loadSqlParser } from '../sql-parser.ts';
import { checkFunctions } from './check-functions.ts';
import type {
  ConnectionLimit,
  Constraint,
  DatabaseReport,
  InvalidIndex,
  MigrationState,
  Policy,
  ReplicationState,
  Section,
  ServerState,
  SlowQuery,
  TableState,
  WaitingLock,
} from './database-report.ts';
import { readOnlyUntil } from './read-only-mark.ts';
import { readSessions } from './read-sessions.ts';
import {
  connectionLimitQuery,
  idleSlotsQuery,
  invalidIndexesQuery,
  policiesQuery,
  replicasQuery,
  serverQuery,
  slowQueriesQuery,
  statementsExtensionQuery,
  tablesQuery,
  unvalidatedConstraintsQuery,
  waitingLocksQuery,
} from './report-queries.ts';

/**
 * Reads everything over the one session given: only SELECT and SHOW, each with a time-out of its own, so that a database in
 * trouble is not asked for more. A part that cannot be read says why and the others are read all the same.
 * @throws what `pg` throws when the session is lost.
 */
export async function readDatabaseReport(
  connection: DatabaseConnection,
  options: { schemas: readonly string[]; expected?: readonly ExpectedObject[]; statementTimeoutMs?: number },
): Promise<DatabaseReport> {
  await connection.query(
    `SET default_transaction_read_only = on; SET search_path = ''; SET lock_timeout = '1s'; SET TimeZone = 'UTC';
     SET statement_timeout = ${Math.round(options.statementTimeoutMs ?? 5_000)}`,
  );
  const { normalise } = await loadSqlParser();
  const section = <T>(read: () => Promise<T>): Promise<Section<T>> => readSection(read);
  return {
    database: connection.settings.database,
    serverVersion: connection.serverVersion,
    sessions: await section(() => readSessions(connection)),
    connectionLimit: await section(async () => one(await connection.query<ConnectionLimit>(connectionLimitQuery))),
    waitingLocks: await section(async () =>
      (await connection.query<WaitingLock>(waitingLocksQuery)).map(withoutNulls<WaitingLock>),
    ),
    migrations: await section(() => readMigrations(connection)),
    slowQueries: await section(() => readSlowQueries(connection, normalise)),
    tables: await section(() => readTables(connection, options.schemas)),
    invalidIndexes: await section(() => connection.query<InvalidIndex>(invalidIndexesQuery)),
    unvalidatedConstraints: await section(() => connection.query<Constraint>(unvalidatedConstraintsQuery)),
    replication: await section(() => readReplication(connection)),
    server: await section(() => readServer(connection)),
    policies: await section(() => connection.query<Policy>(policiesQuery, [options.schemas])),
    functions: await section(async () => {
      const { skippedNames: _names, ...checked } = await checkFunctions(connection, options.schemas);
      return checked;
    }),
    missing: await section(() => findMissing(connection, options.expected ?? [])),
    readAt: Date.now() / 1000,
  };
}

async function readSection<T>(read: () => Promise<T>): Promise<Section<T>> {
  try {
    return { read: true, value: await read() };
  } catch (error) {
    if (error instanceof NotAvailable) return { read: false, reason: error.message };
    if (isConnectionLost(error)) throw error;
    const { sqlstate, message } = databaseErrorFacts(error);
    return { read: false, reason: `${message} (${sqlstate ?? 'no SQLSTATE'})` };
  }
}

class NotAvailable extends Error {}

async function readMigrations(connection: DatabaseConnection): Promise<MigrationState> {
  const { applied } = await readMigrationHistory(connection);
  const lastVersion = applied.at(-1)?.version;
  const lockHolder = (await migrationLockHolder(connection))?.pid;
  return {
    count: applied.length,
    ...(lastVersion === undefined ? {} : { lastVersion }),
    ...(lockHolder === undefined ? {} : { lockHolder }),
  };
}

async function readSlowQueries(
  connection: DatabaseConnection,
  normalise: (sql: string) => string,
): Promise<SlowQuery[]> {
  const [extension] = await connection.query<{ schema: string; renamed: boolean }>(statementsExtensionQuery);
  if (extension === undefined) {
    throw new NotAvailable('the extension pg_stat_statements is not there');
  }
  const rows = await connection.query<SlowQuery>(slowQueriesQuery(extension.schema, extension.renamed));
  // The extension keeps the literals of statements that it does not plan (SET, DO, CREATE …).
  return rows.map((row) => ({ ...row, query: normalise(row.query) }));
}

async function readTables(connection: DatabaseConnection, schemas: readonly string[]): Promise<TableState[]> {
  try {
    return await connection.query<TableState>(tablesQuery(true), [schemas]);
  } catch (error) {
    // 55P03 lock not available, 57014 statement timeout: somebody holds a table; its size is then an estimate.
    if (!['55P03', '57014'].includes(sqlstateOf(error) ?? '')) throw error;
    return await connection.query<TableState>(tablesQuery(false), [schemas]);
  }
}

async function readReplication(connection: DatabaseConnection): Promise<ReplicationState> {
  const replicas = await connection.query<ReplicationState['replicas'][number]>(replicasQuery);
  const idleSlots = await connection.query<ReplicationState['idleSlots'][number]>(idleSlotsQuery);
  return {
    replicas: replicas.map((row) => withoutNulls<typeof row>(row)),
    idleSlots: idleSlots.map((row) => withoutNulls<typeof row>(row)),
  };
}

async function readServer(connection: DatabaseConnection): Promise<ServerState> {
  const { comment, ...state } = one(await connection.query<ServerState & { comment: string }>(serverQuery));
  const until = readOnlyUntil(comment);
  return until === undefined ? state : { ...state, readOnlyUntil: until };
}

function one<T>(rows: T[]): T {
  const [row] = rows;
  if (row === undefined) throw new NotAvailable('the server answered no row');
  return row;
}

function withoutNulls<T extends object>(row: object): T {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as T;
}
