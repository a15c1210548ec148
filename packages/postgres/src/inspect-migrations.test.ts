import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspectMigrations } from './inspect-migrations.ts';

test('the database is asked about tables inside of routines that pending files make', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'ops-actions-inspect-'));
  try {
    const make = "create function f() returns void language sql as 'delete from notes';";
    await writeFile(join(directory, '20260101000000_make.sql'), make);
    await writeFile(join(directory, '20260102000000_run.sql'), 'do $$ begin perform f(); end $$;');
    const { relations } = await inspectMigrations({ directory, applied: [] });
    assert.deepEqual([...new Set(relations.map(({ name }) => name))], ['notes']);
  } finally {
    await rm(directory, { recursive: true });
  }
});
