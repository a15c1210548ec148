import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDatabase } from './read-database.ts';
import type { Given } from './services.ts';

const result = JSON.stringify({
  statements: [{ file: '2_b.sql', sql: 'drop table b' }, { file: 3 }],
  seconds: { rehearsal: 1, backup: 20, rollback: 0.4, total: 21.4 },
  checks: ['table tasks is there'],
});
const given = (fields: Partial<Given>) =>
  ({ databaseOutcome: 'success', databaseDecision: 'rolled-back', databaseResult: result, ...fields }) as Given;

test('statements, times and checks of a database that went back are told, and the integrity line is ticked by what was measured', () => {
  const story = readDatabase(
    given({ databaseSummary: 'Rolled back to 1', databaseReason: 'rolled_back', databaseSmokeOutcome: 'success' }),
  );
  assert.equal(story?.state, 'done');
  assert.equal(story?.note, 'table tasks is there; smoke tests passed on the older database');
  assert.equal(story?.tookMs, 21_400);
  assert.deepEqual(story?.notes, [
    'Database: Rolled back to 1',
    'Database, run: 2_b.sql: drop table b',
    'Database, measured: rehearsal 1.0 s, backup 20.0 s, rollback 0.4 s, total 21.4 s',
    'Database, checked: table tasks is there',
  ]);
});

test('what was refused is open, what failed is failed, and smoke tests that fail afterwards are no success', () => {
  assert.equal(readDatabase(given({ databaseOutcome: 'skipped' })), undefined);
  const refused = readDatabase(given({ databaseOutcome: 'failure', databaseDecision: 'refused', databaseResult: '[' }));
  assert.deepEqual([refused?.state, refused?.tookMs], ['open', 0]);
  const failed = readDatabase(
    given({ databaseOutcome: 'failure', databaseDecision: 'failed', databaseReason: 'sql_error' }),
  );
  assert.deepEqual([failed?.state, failed?.reasonCode], ['failed', 'sql_error']);
  const sick = readDatabase(given({ databaseSmokeOutcome: 'failure', databaseSmokeSummary: '1 of 2 failed' }));
  assert.deepEqual([sick?.state, sick?.reasonCode], ['failed', 'unhealthy_after_database_rollback']);
  assert.match(sick?.note ?? '', /1 of 2 failed/);
});

test('a step that was cancelled or ran out of time may have touched the database, and nobody claims the opposite', () => {
  const cut = readDatabase(
    given({ databaseOutcome: 'cancelled', databaseDecision: undefined, databaseResult: undefined }),
  );
  assert.deepEqual([cut?.state, cut?.reasonCode], ['open', 'database_unknown']);
  assert.match(cut?.what ?? '', /^Database: its step ended \(cancelled\).*own history says what is applied$/);
  const told = readDatabase(given({ databaseOutcome: 'cancelled', databaseSummary: 'Rolled back to 1' }));
  assert.deepEqual([told?.state, told?.what], ['failed', 'Database: Rolled back to 1']);
});

test('a database that took longer than it may is escalated with start, end and target', () => {
  const time = { startedAt: '2026-01-24T09:00:00.000Z', endedAt: '2026-01-24T09:31:00.000Z', targetSeconds: 1800 };
  const timed = (late: boolean) =>
    readDatabase(given({ databaseResult: JSON.stringify({ time: { ...time, seconds: 1860, late } }) }))?.escalation;
  assert.equal(
    timed(true),
    'taking the database back took 31 min, and it may take 30 min: from 2026-01-24T09:00:00.000Z to 2026-01-24T09:31:00.000Z',
  );
  assert.equal(timed(false), undefined);
});
