import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareSizes } from './compare-sizes.ts';
import type { TableState } from './database-report.ts';

const table = (name: string, bytes: number, estimated = false): TableState => ({
  ...{ schema: 'public', table: name, bytes, estimated, liveRows: 1, deadRows: 0, rowSecurity: true, policies: 1 },
});

test('sizes beside those of an earlier report: grown, shrunk, new, and not compared where one is an estimate (DBD-14)', () => {
  const earlier = [table('notes', 100), table('users', 50), table('locked', 10), table('gone', 5)];
  const now = [table('notes', 250), table('users', 40), table('locked', 99, true), table('fresh', 7)];
  assert.deepEqual(compareSizes(now, { readAt: 1, tables: earlier }), [
    { schema: 'public', table: 'notes', isNew: false, grownBytes: 150 },
    { schema: 'public', table: 'users', isNew: false, grownBytes: -10 },
    { schema: 'public', table: 'locked', isNew: false },
    { schema: 'public', table: 'fresh', isNew: true },
  ]);
});
