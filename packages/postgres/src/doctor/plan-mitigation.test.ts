import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from './database-report.ts';
import { type MitigationRequest, planMitigation, platformUsers } from './plan-mitigation.ts';
import { aSession } from './session.fixture.ts';

const request = (given: Partial<MitigationRequest> & Pick<MitigationRequest, 'kind'>): MitigationRequest => ({
  olderThanSeconds: 300,
  database: 'app',
  include: [],
  ...given,
});
const active = (pid: number, querySeconds: number, given: Partial<Session> = {}): Session =>
  aSession({ pid, state: 'active', querySeconds, ...given });
const idle = (pid: number, stateSeconds: number, given: Partial<Session> = {}): Session =>
  aSession({ pid, stateSeconds, ...given });
const inTransaction = { state: 'idle in transaction' };

for (const { name, sessions, asked, signals, spared = [] } of [
  {
    name: 'of a query of four and one of six minutes the second is cancelled',
    sessions: [active(1, 240), active(2, 360)],
    asked: request({ kind: 'cancel-long-queries' }),
    signals: ['cancel 2'],
  },
  {
    name: 'only what blocks is cancelled by cancel-blockers',
    sessions: [active(1, 360), active(2, 360), aSession({ pid: 3, blockedBy: [2] })],
    asked: request({ kind: 'cancel-blockers' }),
    signals: ['cancel 2'],
  },
  {
    name: 'a blocker without a query cannot be cancelled, and that is said',
    sessions: [aSession({ pid: 2, querySeconds: 400, ...inTransaction }), aSession({ pid: 3, blockedBy: [2] })],
    asked: request({ kind: 'cancel-blockers' }),
    signals: [],
    spared: [2],
  },
  {
    name: 'idle in a transaction for nine and for eleven minutes',
    sessions: [idle(1, 540, inTransaction), idle(2, 660, inTransaction), idle(3, 660)],
    asked: request({ kind: 'terminate-idle-in-transaction', olderThanSeconds: 600 }),
    signals: ['terminate 2'],
  },
  {
    name: 'plain idle sessions of one application',
    sessions: [idle(1, 660), idle(2, 660, { application: 'worker' }), idle(3, 540, { application: 'worker' })],
    asked: request({ kind: 'terminate-idle', olderThanSeconds: 600, application: 'worker' }),
    signals: ['terminate 2'],
  },
  {
    name: 'connections of the named database only',
    sessions: [aSession({ pid: 1 }), aSession({ pid: 2, database: 'other' })],
    asked: request({ kind: 'terminate-connections', database: 'other' }),
    signals: ['terminate 2'],
  },
  {
    name: 'platform, superusers, replicas and ops-actions itself are spared',
    sessions: [
      aSession({ pid: 1, user: 'supabase_auth_admin' }),
      aSession({ pid: 2, user: 'postgres', superuser: true }),
      aSession({ pid: 3, backendType: 'walsender' }),
      aSession({ pid: 4, application: 'ops-actions migrate' }),
      aSession({ pid: 5 }),
    ],
    asked: request({ kind: 'terminate-connections' }),
    signals: ['terminate 5'],
    spared: [1, 2, 3, 4],
  },
  {
    name: 'a name that is typed is taken, replicas and ops-actions are not',
    sessions: [
      aSession({ pid: 1, user: 'supabase_auth_admin' }),
      aSession({ pid: 3, user: 'supabase_auth_admin', backendType: 'walsender' }),
      aSession({ pid: 4, user: 'supabase_auth_admin', application: 'ops-actions backup' }),
    ],
    asked: request({ kind: 'terminate-connections', include: ['supabase_auth_admin'] }),
    signals: ['terminate 1'],
    spared: [3, 4],
  },
]) {
  test(name, () => {
    const plan = planMitigation(sessions, asked);
    assert.deepEqual(
      plan.signals.map(({ session, signal }) => `${signal} ${session.pid}`),
      signals,
    );
    assert.deepEqual(
      plan.spared.map(({ session }) => session.pid),
      spared,
    );
  });
}

test('every user of the platform is spared, with the word that takes it all the same', () => {
  const plan = planMitigation(
    platformUsers.map((user) => aSession({ user })),
    request({ kind: 'terminate-connections' }),
  );
  assert.equal(plan.spared.length, platformUsers.length);
  for (const { session, reason } of plan.spared)
    assert.match(reason, new RegExp(`type ${session.user} into "include"`));
});
