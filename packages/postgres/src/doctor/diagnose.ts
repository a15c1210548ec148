import { buildLockTree, type LockTree } from './build-lock-tree.ts';
import type { DatabaseReport, Section, Session } from './database-report.ts';
import { diagnoseSchema } from './diagnose-schema.ts';
import { diagnoseServer, seconds } from './diagnose-server.ts';

/** Something worth a person's attention; `next` is what to do about it. */
export interface Finding {
  severity: 'critical' | 'warning' | 'notice';
  /** Stable snake_case. */
  code: string;
  message: string;
  next: string;
}

const order = { critical: 0, warning: 1, notice: 2 };

/** The first one decides how a report ends. Pure. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((one, other) => order[one.severity] - order[other.severity]);
}

/** When something is worth a word. Times in seconds, shares of 1. */
export interface DoctorLimits {
  connectionsWarning: number;
  connectionsCritical: number;
  longQuerySeconds: number;
  idleInTransactionSeconds: number;
  /** A statement that changes the schema and waits this long is a stalled migration. */
  stalledMigrationSeconds: number;
  replicationLagSeconds: number;
}

/** 80 % and 95 % of the connections, five and ten minutes are the limits of the runbooks. */
export const standardLimits: DoctorLimits = {
  connectionsWarning: 0.8,
  connectionsCritical: 0.95,
  longQuerySeconds: 300,
  idleInTransactionSeconds: 600,
  stalledMigrationSeconds: 30,
  replicationLagSeconds: 60,
};

/** Every finding, worst first. Parts that could not be read are findings of their own: nothing read is not nothing found. */
export function diagnose(report: DatabaseReport, limits: DoctorLimits = standardLimits): Finding[] {
  const sessions = known(report.sessions) ?? [];
  const findings = [
    ...unread(report),
    ...stalledMigration(report, sessions, limits),
    ...lockQueues(sessions),
    ...connections(report, sessions, limits),
    ...longRunning(sessions, limits),
    ...diagnoseServer(report, limits),
    ...diagnoseSchema(report),
  ];
  return worstFirst(findings);
}

function known<T>(section: Section<T>): T | undefined {
  return section.read ? section.value : undefined;
}

const sectionNames = {
  sessions: 'sessions',
  connectionLimit: 'connection limit',
  waitingLocks: 'waiting locks',
  migrations: 'migration history',
  slowQueries: 'slow queries',
  tables: 'tables',
  invalidIndexes: 'indexes',
  unvalidatedConstraints: 'constraints',
  replication: 'replication',
  server: 'state of the server',
  policies: 'policies',
  functions: 'functions',
  missing: 'expected objects',
} satisfies Partial<Record<keyof DatabaseReport, string>>;

function unread(report: DatabaseReport): Finding[] {
  const findings: Finding[] = [];
  for (const [key, name] of Object.entries(sectionNames)) {
    const section = report[key as keyof typeof sectionNames];
    if (section.read) continue;
    // A missing extension hides no fault; everything else that could not be read might.
    const absent = section.reason.includes('is not there');
    const severity = absent ? 'notice' : 'warning';
    const next = absent
      ? 'Create it in a migration to see this part'
      : 'Nothing is known about this part; run the report again, or give its role the right that is missing';
    findings.push({ severity, code: 'not_read', message: `the ${name} could not be read: ${section.reason}`, next });
  }
  const server = known(report.server);
  if (server !== undefined && !server.seesAllSessions) {
    findings.push({
      severity: 'notice',
      code: 'sessions_hidden',
      message: "state and queries of other users' sessions are hidden from this role",
      next: 'GRANT pg_read_all_stats to the role of the report',
    });
  }
  return findings;
}

/** Modes that a change of a table needs; plain reads and writes take weaker ones. */
const schemaChangeModes = new Set(['AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock']);

function stalledMigration(report: DatabaseReport, sessions: Session[], limits: DoctorLimits): Finding[] {
  const holder = known(report.migrations)?.lockHolder;
  const waiting = (known(report.waitingLocks) ?? []).filter(
    (lock) =>
      (lock.waitedSeconds ?? 0) >= limits.stalledMigrationSeconds &&
      (lock.pid === holder || schemaChangeModes.has(lock.mode)),
  );
  return waiting.map((lock) => {
    const session = sessions.find(({ pid }) => pid === lock.pid);
    const blockers = session?.blockedBy ?? [];
    return {
      severity: 'critical',
      code: 'migration_stalled',
      message: `session ${lock.pid} has waited ${seconds(lock.waitedSeconds)} for ${lock.mode} on ${lock.object}${
        blockers.length === 0 ? '' : `, which ${blockers.map((pid) => describe(sessions, pid)).join(' and ')} holds`
      }: ${session?.query ?? 'its statement is not visible'}`,
      next: 'Every query on this table queues behind it. Cancel what blocks it (mitigate: cancel-blockers, or terminate-idle-in-transaction), or cancel the migration; then run the release again',
    };
  });
}

function lockQueues(sessions: Session[]): Finding[] {
  return buildLockTree(sessions).map((tree) => {
    const count = countWaiters(tree);
    return {
      severity: 'warning',
      code: tree.session === undefined && tree.pid === 0 ? 'prepared_transaction_blocks' : 'lock_queue',
      message: `${describe(sessions, tree.pid)} blocks ${count} ${count === 1 ? 'session' : 'sessions'}`,
      next:
        tree.pid === 0
          ? 'A prepared transaction holds the lock: COMMIT PREPARED or ROLLBACK PREPARED it (see pg_prepared_xacts)'
          : 'See the tree of locks; mitigate: cancel-blockers cancels what blocks for longer than the limit',
    };
  });
}

function countWaiters(tree: LockTree): number {
  const pids = new Set<number>();
  const walk = (node: LockTree): void => {
    for (const waiter of node.waiters) {
      pids.add(waiter.pid);
      walk(waiter);
    }
  };
  walk(tree);
  pids.delete(tree.pid);
  return pids.size;
}

function connections(report: DatabaseReport, sessions: Session[], limits: DoctorLimits): Finding[] {
  const limit = known(report.connectionLimit);
  if (limit === undefined || !report.sessions.read) return [];
  const available = limit.maximum - limit.reserved;
  // Our own session counts too.
  const used = sessions.filter(({ backendType }) => backendType === 'client backend').length + 1;
  const share = used / available;
  if (share < limits.connectionsWarning) return [];
  const critical = share >= limits.connectionsCritical;
  const [greediest] = countBy(
    sessions,
    ({ application, user }) => `${application || 'no application name'} as ${user}`,
  );
  return [
    {
      severity: critical ? 'critical' : 'warning',
      code: critical ? 'connections_exhausted' : 'connections_high',
      message: `${used} of ${available} connections are in use (${Math.round(share * 100)} %)`,
      next: `Most are held by ${greediest === undefined ? 'one client' : `${greediest.key} (${greediest.count})`}: let it reuse connections through the pooler, give it a pool limit, a connection time-out and retries with growing pauses, and close what it leaks; mitigate: terminate-idle with that user or application frees idle ones`,
    },
  ];
}

/** How many share a key, most first. */
export function countBy<T>(items: readonly T[], keyOf: (item: T) => string): { key: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].map(([key, count]) => ({ key, count })).sort((one, other) => other.count - one.count);
}

function longRunning(sessions: Session[], limits: DoctorLimits): Finding[] {
  const clients = sessions.filter(({ backendType }) => backendType === 'client backend');
  const long = clients.filter((one) => one.state === 'active' && (one.querySeconds ?? 0) > limits.longQuerySeconds);
  const forgotten = clients.filter(
    (one) => one.state.startsWith('idle in transaction') && (one.stateSeconds ?? 0) > limits.idleInTransactionSeconds,
  );
  return [
    ...long.map(
      (one): Finding => ({
        severity: 'warning',
        code: 'long_query',
        message: `${describe(clients, one.pid)} has run one query for ${seconds(one.querySeconds)}: ${one.query}`,
        next: 'mitigate: cancel-long-queries cancels it and leaves its session',
      }),
    ),
    ...forgotten.map(
      (one): Finding => ({
        severity: 'warning',
        code: 'idle_in_transaction',
        message: `${describe(clients, one.pid)} has been idle in a transaction for ${seconds(one.stateSeconds)}; it keeps its locks and keeps VACUUM from cleaning up`,
        next: 'mitigate: terminate-idle-in-transaction ends it; set idle_in_transaction_session_timeout for its role',
      }),
    ),
  ];
}

function describe(sessions: readonly Session[], pid: number): string {
  if (pid === 0) return 'a prepared transaction';
  const session = sessions.find((one) => one.pid === pid);
  if (session === undefined) return `session ${pid}`;
  return `session ${pid} (${session.application || 'no application name'} as ${session.user || 'nobody'}, ${session.state})`;
}
