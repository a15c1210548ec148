import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseIntegrity } from '#release/rollback-checklist';
import { withDatabaseRecord } from './database-record.ts';

const checklist = [
  { name: 'Decision made', state: 'done' as const, note: 'by ann' },
  { name: databaseIntegrity, state: 'open' as const, note: 'a person' },
];
const story = { decision: 'rolled-back', reasonCode: 'rolled_back', what: 'Rolled back', checklist };
const record = JSON.stringify({
  database: ['Database: Rolled back to 1', 'Database, run: 2_b.sql: drop table b'],
  integrity: { state: 'done', note: 'table tasks is there', at: 5 },
});

test('what another job did to the database comes into the incident of the rollback', () => {
  const told = withDatabaseRecord(story, { result: 'success', record });
  assert.deepEqual(told?.checklist?.[1], {
    name: databaseIntegrity,
    state: 'done',
    note: 'table tasks is there',
    at: 5,
  });
  assert.equal(told?.database?.[1], 'Database, run: 2_b.sql: drop table b');
  assert.equal(withDatabaseRecord(story, { result: 'skipped', record: '' }), story);
  assert.equal(told?.escalation, undefined);
  const late = JSON.stringify({ ...JSON.parse(record), escalation: 'it took 31 min' });
  assert.equal(withDatabaseRecord(story, { result: 'success', record: late })?.escalation, 'it took 31 min');
});

test('the database alone has an incident, too, and a job that died is told as such', () => {
  const alone = withDatabaseRecord(undefined, { result: 'success', record });
  assert.deepEqual([alone?.decision, alone?.what], ['rolled-back', 'Database: Rolled back to 1']);
  assert.equal(withDatabaseRecord(undefined, { result: undefined, record: undefined }), undefined);
  const lost = withDatabaseRecord(undefined, { result: 'failure', record: '' });
  assert.deepEqual([lost?.decision, lost?.reasonCode], ['failed', 'job_lost']);
  assert.match(lost?.what ?? '', /ended \(failure\) without telling how/);
});
