import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardRollback } from '#release/guard-rollback';
import { type MigrationIntent, type MigrationRecord, toMigrationPayload } from '#release/migration-record';
import type { Migration } from './migrate.ts';
import { backIntent, outcomeOf } from './migration-ledger.ts';

const file = { file: '120_x.sql', name: 'x', version: '120', sql: 'alter table a drop column b' };
const record = (id: number, intent: MigrationIntent, outcome: MigrationRecord['outcome']): MigrationRecord => ({
  ...toMigrationPayload(intent, `r${id}`),
  id,
  at: id * 1000,
  outcome,
});
/** Whether older code may be taken after a contract file and a way back that ended so. */
const verdictAfter = (ending: Extract<Migration, { kind: 'decided' }>['ending']) => {
  const forward: MigrationIntent = { direction: 'forward', files: [{ ...file, phase: 'contract' }], held: [] };
  return guardRollback({
    target: { createdAt: 10_000, meta: { opsMigration: '100' } },
    release: { id: 10, key: 'r10' },
    since: [],
    migrations: [
      record(12, forward, { word: 'applied', newest: '120' }),
      record(13, backIntent([file]), outcomeOf({ kind: 'decided', ending })),
    ],
  }).verdict;
};

test('what was committed is gone for later rollbacks, whatever was found afterwards or by an earlier run', () => {
  assert.equal(verdictAfter(['rolled-back', 'rolled_back', '']), 'safe');
  assert.equal(verdictAfter(['failed', 'integrity_failed', '']), 'safe');
  assert.equal(verdictAfter(['nothing-pending', 'nothing_to_roll_back', '']), 'safe');
});

test('what failed or was refused still stands', () => {
  assert.equal(verdictAfter(['failed', 'sql_error', '']), 'unsafe');
  assert.equal(verdictAfter(['failed', 'outcome_unknown', '']), 'unsafe');
  assert.equal(verdictAfter(['refused', 'rollback_sql_missing', '']), 'unsafe');
  assert.equal(verdictAfter(['refused', 'nothing_applied', '']), 'unsafe');
});
