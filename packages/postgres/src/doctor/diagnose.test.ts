import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DatabaseReport, Session } from './database-report.ts';
import { diagnose } from './diagnose.ts';
import { aReport, aSession } from './session.fixture.ts';

const codes = (report: DatabaseReport): string[] => diagnose(report).map(({ severity, code }) => `${severity} ${code}`);
const many = (count: number): Session[] => Array.from({ length: count }, (_, pid) => aSession({ pid: pid + 1 }));
const server = (given: object) => {
  const { server: healthy } = aReport();
  assert.ok(healthy.read);
  return { server: { read: true as const, value: { ...healthy.value, ...given } } };
};
const table = { schema: 'public', table: 'notes', bytes: 1, estimated: false, liveRows: 1, deadRows: 0 };

for (const { name, given, expected } of [
  { name: 'nothing is wrong', given: {}, expected: [] },
  { name: '76 of 97 connections', given: { sessions: { read: true, value: many(75) } }, expected: [] },
  { name: '80 %', given: { sessions: { read: true, value: many(77) } }, expected: ['warning connections_high'] },
  { name: '95 %', given: { sessions: { read: true, value: many(92) } }, expected: ['critical connections_exhausted'] },
  {
    name: 'a query of 299 s and one of 301 s',
    given: {
      sessions: {
        read: true,
        value: [
          aSession({ pid: 1, state: 'active', querySeconds: 299 }),
          aSession({ pid: 2, state: 'active', querySeconds: 301 }),
        ],
      },
    },
    expected: ['warning long_query'],
  },
  {
    name: 'a replica is no long query',
    given: {
      sessions: { read: true, value: [aSession({ backendType: 'walsender', state: 'active', querySeconds: 90_000 })] },
    },
    expected: [],
  },
  {
    name: 'idle in a transaction for 601 s',
    given: { sessions: { read: true, value: [aSession({ state: 'idle in transaction', stateSeconds: 601 })] } },
    expected: ['warning idle_in_transaction'],
  },
  {
    name: 'a migration that waits for a table',
    given: {
      sessions: {
        read: true,
        value: [aSession({ pid: 1, state: 'idle in transaction' }), aSession({ pid: 2, blockedBy: [1] })],
      },
      waitingLocks: {
        read: true,
        value: [{ pid: 2, object: 'public.notes', mode: 'AccessExclusiveLock', waitedSeconds: 45 }],
      },
    },
    expected: ['critical migration_stalled', 'warning lock_queue'],
  },
  {
    name: 'a reader that waits is no migration',
    given: {
      waitingLocks: {
        read: true,
        value: [{ pid: 2, object: 'public.notes', mode: 'AccessShareLock', waitedSeconds: 45 }],
      },
    },
    expected: [],
  },
  {
    name: 'what could not be read is said',
    given: { tables: { read: false, reason: 'canceling statement due to statement timeout (57014)' } },
    expected: ['warning not_read'],
  },
  {
    name: 'a missing extension hides no fault',
    given: { slowQueries: { read: false, reason: 'the extension pg_stat_statements is not there' } },
    expected: ['notice not_read'],
  },
  { name: 'read-only', given: server({ readOnly: true }), expected: ['warning read_only'] },
  {
    name: 'read-only for longer than planned',
    given: server({ readOnly: true, readOnlyUntil: 1_769_999_999 }),
    expected: ['critical read_only_expired'],
  },
  {
    name: 'transaction ids',
    given: server({ oldestTransactionAge: 1_700_000_000 }),
    expected: ['critical transaction_ids_run_out'],
  },
  { name: 'a role that sees little', given: server({ seesAllSessions: false }), expected: ['notice sessions_hidden'] },
  {
    name: 'indexes',
    given: {
      invalidIndexes: {
        read: true,
        value: [
          { schema: 'public', table: 'notes', index: 'broken', building: false },
          { schema: 'public', table: 'notes', index: 'growing', building: true },
        ],
      },
    },
    expected: ['warning invalid_index', 'notice index_being_built'],
  },
  {
    name: 'row level security',
    given: {
      tables: {
        read: true,
        value: [
          { ...table, rowSecurity: false, policies: 0 },
          { ...table, table: 'closed', rowSecurity: true, policies: 0 },
          { ...table, table: 'good', rowSecurity: true, policies: 2 },
        ],
      },
    },
    expected: ['warning row_security_off', 'notice no_policies'],
  },
  {
    name: 'dead rows',
    given: {
      tables: {
        read: true,
        value: [{ ...table, rowSecurity: true, policies: 1, liveRows: 20_000, deadRows: 15_000 }],
      },
    },
    expected: ['notice dead_rows'],
  },
  {
    name: 'replication',
    given: {
      replication: {
        read: true,
        value: {
          replicas: [{ application: 'standby', state: 'streaming', lagSeconds: 61 }],
          idleSlots: [{ slot: 'left', retainedBytes: 5e9 }],
        },
      },
    },
    expected: ['warning replication_lag', 'warning idle_replication_slot'],
  },
] as { name: string; given: Partial<DatabaseReport>; expected: string[] }[]) {
  test(`diagnosis: ${name}`, () => assert.deepEqual(codes(aReport(given)), expected));
}

test('the client that holds most connections comes first in the advice', () => {
  const sessions = [...many(60), ...many(30).map((one) => ({ ...one, application: 'worker' }))];
  const [finding] = diagnose(aReport({ sessions: { read: true, value: sessions } }));
  assert.match(finding?.next ?? '', /^Most are held by notes as web \(60\)/);
  for (const advice of [
    /through the pooler/,
    /connection time-out/,
    /retries with growing pauses/,
    /close what it leaks/,
  ])
    assert.match(finding?.next ?? '', advice);
});

test('a migration that stands still names both sessions, the table and the statement', () => {
  const sessions = [
    aSession({ pid: 7, application: 'psql', state: 'idle in transaction' }),
    aSession({ pid: 8, blockedBy: [7], query: 'ALTER TABLE notes ADD COLUMN colour text' }),
  ];
  const waiting = { pid: 8, object: 'public.notes', mode: 'AccessExclusiveLock', waitedSeconds: 45 };
  const [finding] = diagnose(
    aReport({ sessions: { read: true, value: sessions }, waitingLocks: { read: true, value: [waiting] } }),
  );
  assert.equal(
    finding?.message,
    'session 8 has waited 45 s for AccessExclusiveLock on public.notes, which session 7 (psql as web, idle in transaction) holds: ALTER TABLE notes ADD COLUMN colour text',
  );
});
