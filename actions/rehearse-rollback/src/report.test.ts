import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RehearsalRecord } from '#release/rehearsal/rehearsal-record';
import { describeRehearsal } from './report.ts';

const record: RehearsalRecord = {
  schemaVersion: 1,
  key: '1:staging:7',
  at: 1_000,
  passed: true,
  reasonCode: 'rehearsed',
  former: 'dpl_1',
  times: { detection: 30, swap: 3, verified: 15 },
  limitSeconds: 300,
};
const given = { environment: 'staging', key: '1:staging:7', result: undefined, runUrl: '' };

test('what counts is the record; the words are those of the step that judged', () => {
  const said = describeRehearsal({ ...given, rehearsals: [record], result: JSON.stringify({ summary: 'taken back' }) });
  assert.deepEqual([said.passed, said.summary, said.rehearsals.length], [true, 'taken back', 1]);
  const silent = describeRehearsal({ ...given, rehearsals: [{ ...record, passed: false, reasonCode: 'too_slow' }] });
  assert.deepEqual([silent.passed, silent.summary], [false, 'The rehearsal of this run failed: too_slow']);
});

test('a rehearsal that died without a record needs a person, whatever earlier ones said and whatever its result claims', () => {
  const earlier = { ...record, key: '1:staging:6' };
  const died = describeRehearsal({ ...given, rehearsals: [earlier] });
  assert.deepEqual([died.passed, died.rehearsals.length], [false, 1]);
  assert.match(died.summary, /ended before it could say why/);
  assert.equal(describeRehearsal({ ...given, rehearsals: [], result: '{"summary":"passed"}' }).passed, false);
});
