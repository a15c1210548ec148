import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectMigrations } from './inspect-migrations.ts';

test('the database is asked about tables inside of routines that pending files make', async () => {
  const make = "create function f() returns void language sql as 'delete from notes';";
  const files = [
    { version: '1', name: 'make', file: '1_make.sql', sql: make },
    { version: '2', name: 'run', file: '2_run.sql', sql: 'do $$ begin perform f(); end $$;' },
  ];
  const { relations } = await inspectMigrations({ folder: { files, problems: [], gaps: [] }, applied: [] });
  assert.deepEqual([...new Set(relations.map(({ name }) => name))], ['notes']);
});
