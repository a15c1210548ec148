import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyFiles } from './classify-files.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();
const summary = (sql: string) => classifyFiles([{ version: '1', name: 'a', file: '1_a.sql', sql }], parser)[0];

test('files are summed up by what their statements work on', () => {
  const mixed =
    'create table a (id int); insert into a values (1); grant select on a to public; do $$ begin end $$; set x.y = 1';
  assert.deepEqual(summary(mixed), {
    file: '1_a.sql',
    statements: 5,
    classes: ['schema', 'data', 'access', 'code', 'other'],
    inTransaction: true,
    locks: [],
  });
  assert.deepEqual(summary('create index concurrently i on a (id)')?.inTransaction, false);
  assert.deepEqual(summary('create policy p on a using (true)')?.classes, ['access']);
  assert.deepEqual(summary('-- only words'), {
    file: '1_a.sql',
    statements: 0,
    classes: [],
    inTransaction: true,
    locks: [],
  });
  assert.deepEqual(summary('slect')?.statements, 0);
});
