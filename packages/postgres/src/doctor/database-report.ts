import type { ExpectedObject } from '../expected-objects.ts';
import type { CheckedFunctions } from './check-functions.ts';

/** What the doctor saw. Query texts are normalised: literals are `$n` (S29); ages are seconds by the server's own clock. */
export interface DatabaseReport {
  database: string;
  /** e.g. 150018. */
  serverVersion: number;
  /** Unix seconds. */
  readAt: number;
  sessions: Section<Session[]>;
  connectionLimit: Section<ConnectionLimit>;
  waitingLocks: Section<WaitingLock[]>;
  migrations: Section<MigrationState>;
  slowQueries: Section<SlowQuery[]>;
  tables: Section<TableState[]>;
  invalidIndexes: Section<InvalidIndex[]>;
  unvalidatedConstraints: Section<Constraint[]>;
  replication: Section<ReplicationState>;
  server: Section<ServerState>;
  policies: Section<Policy[]>;
  functions: Section<CheckedFunctions>;
  /** Of what somebody said has to be there. */
  missing: Section<ExpectedObject[]>;
}

/** One part of the report: what was read, or why it could not be. A part that could not be read is never "nothing found". */
export type Section<T> = { read: true; value: T } | { read: false; reason: string };

export interface Session {
  pid: number;
  database: string;
  user: string;
  application: string;
  /** `active`, `idle`, `idle in transaction`, …; `unknown` where our role may not see it. */
  state: string;
  /** `client backend`, `walsender`, `autovacuum worker`, …; `client backend` also where our role may not see it. */
  backendType: string;
  /** Of the session's user. */
  superuser: boolean;
  /** `Lock: relation` while it waits for something. */
  waitsFor?: string;
  /** The sessions that it waits for; 0 is a prepared transaction, which has no session. */
  blockedBy: number[];
  connectedSeconds: number;
  transactionSeconds?: number;
  /** Since its query started. */
  querySeconds?: number;
  /** Since its state last changed: how long an idle session has been idle. */
  stateSeconds?: number;
  query: string;
  /** Exact server texts that tell this session and this query from a later one with the same pid. */
  identity: { backendStart: string; queryStart: string };
}

export interface ConnectionLimit {
  maximum: number;
  /** Of those, what ordinary users cannot take. */
  reserved: number;
}

export interface WaitingLock {
  pid: number;
  /** `schema.table` for a relation, else the kind of lock. */
  object: string;
  /** e.g. `AccessExclusiveLock`. */
  mode: string;
  waitedSeconds?: number;
}

export interface MigrationState {
  /** Absent where nothing was ever recorded. */
  lastVersion?: string;
  count: number;
  /** Process id of the session that holds the lock of our migrations. */
  lockHolder?: number;
}

export interface SlowQuery {
  query: string;
  calls: number;
  meanMs: number;
  totalMs: number;
}

export interface TableState {
  schema: string;
  table: string;
  /** With indexes and TOAST; an estimate where `estimated`. */
  bytes: number;
  estimated: boolean;
  liveRows: number;
  deadRows: number;
  rowSecurity: boolean;
  policies: number;
}

/** One policy of row level security; its conditions may hold values and are not read. */
export interface Policy {
  schema: string;
  table: string;
  policy: string;
  /** SELECT, INSERT, UPDATE, DELETE or ALL. */
  command: string;
  roles: string[];
  permissive: boolean;
}

export interface InvalidIndex {
  schema: string;
  table: string;
  index: string;
  /** True while CREATE INDEX CONCURRENTLY or REINDEX is at work on its table. */
  building: boolean;
}

export interface Constraint {
  schema: string;
  table: string;
  constraint: string;
}

export interface ReplicationState {
  replicas: { application: string; state: string; lagSeconds?: number; lagBytes?: number }[];
  /** Replication slots that nobody reads from: they keep WAL until the disk is full. */
  idleSlots: { slot: string; retainedBytes?: number }[];
}

export interface ServerState {
  version: string;
  uptimeSeconds: number;
  databaseBytes: number;
  inRecovery: boolean;
  /** True where new sessions of this database start read-only. */
  readOnly: boolean;
  /** Unix seconds; until when the doctor was told to leave it read-only. */
  readOnlyUntil?: number;
  /** Transactions since the oldest row was frozen; the server stops at about 2.1 thousand million. */
  oldestTransactionAge: number;
  /** True where our role sees other users' queries. */
  seesAllSessions: boolean;
}
