import type { DatabaseReport, Session } from './database-report.ts';

/** A session of an app for the tests of decisions: idle, unblocked, of the database `app`. */
export function aSession(given: Partial<Session> = {}): Session {
  return {
    pid: 100,
    database: 'app',
    user: 'web',
    application: 'notes',
    state: 'idle',
    backendType: 'client backend',
    superuser: false,
    blockedBy: [],
    connectedSeconds: 1000,
    query: 'SELECT $1',
    identity: { backendStart: '2026-01-01 00:00:00+00', queryStart: '2026-01-01 00:10:00+00' },
    ...given,
  };
}

/** A report in which everything could be read and nothing is wrong. */
export function aReport(given: Partial<DatabaseReport> = {}): DatabaseReport {
  return {
    database: 'app',
    serverVersion: 150_018,
    readAt: 1_770_000_000,
    sessions: { read: true, value: [] },
    connectionLimit: { read: true, value: { maximum: 100, reserved: 3 } },
    waitingLocks: { read: true, value: [] },
    migrations: { read: true, value: { count: 0 } },
    slowQueries: { read: true, value: [] },
    tables: { read: true, value: [] },
    invalidIndexes: { read: true, value: [] },
    unvalidatedConstraints: { read: true, value: [] },
    replication: { read: true, value: { replicas: [], idleSlots: [] } },
    server: {
      read: true,
      value: {
        version: '15.18',
        uptimeSeconds: 100_000,
        databaseBytes: 8_000_000,
        inRecovery: false,
        readOnly: false,
        oldestTransactionAge: 1000,
        seesAllSessions: true,
      },
    },
    policies: { read: true, value: [] },
    functions: { read: true, value: { broken: [], checked: 0, skipped: 0 } },
    missing: { read: true, value: [] },
    ...given,
  };
}
