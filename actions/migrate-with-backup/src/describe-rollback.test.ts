import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeRollback } from './describe-rollback.ts';

const file = { version: '2', name: 'b', file: '2_b.sql', sql: '', down: 'delete from b where id = 7; drop table b' };
const at = { began: 0, rehearsed: 20_000, saved: 1_700_000, done: 1_860_000 };

test('a database that took longer than its limit is told as late, with the seconds of each part', async () => {
  const outcome = { rolledBack: ['2_b.sql'], together: true };
  const given = { toVersion: '1', files: [file], outcome, checked: undefined, limitMs: 1_800_000 };
  const late = await describeRollback(given, at);
  assert.match(
    late.ending[2],
    /^Rolled back to 1 in 31 min; LATE: its limit is 30 min \(rollback\.database\.limit\): 2_b/,
  );
  assert.deepEqual(late.details.seconds, { rehearsal: 20, backup: 1680, rollback: 160, total: 1860 });
  const { time } = late.details as {
    time: { startedAt: string; endedAt: string; targetSeconds: number; late: boolean };
  };
  assert.deepEqual(
    [time.startedAt, time.endedAt, time.targetSeconds, time.late],
    ['1970-01-01T00:00:00.000Z', '1970-01-01T00:31:00.000Z', 1800, true],
  );
  assert.deepEqual(late.details.statements, [
    { file: '2_b.sql', sql: 'delete from b where id = $1' },
    { file: '2_b.sql', sql: 'drop table b' },
  ]);
  const inTime = await describeRollback(given, { ...at, done: 1_800_000 });
  assert.doesNotMatch(inTime.ending[2], /LATE/);
});

test('a lost connection leaves open what took effect', async () => {
  const failure = { file: '2_b.sql', version: '2', message: 'm', blockers: [], attempts: 1 };
  const ended = (reasonCode: 'outcome_unknown' | 'sql_error') =>
    describeRollback(
      {
        toVersion: '1',
        files: [file],
        outcome: { rolledBack: [], together: true, failure: { ...failure, reasonCode } },
        checked: undefined,
        limitMs: 1,
      },
      at,
    );
  assert.match((await ended('outcome_unknown')).ending[2], /whether it took effect is not known$/);
  assert.match((await ended('sql_error')).ending[2], /so the database is as it was$/);
});
