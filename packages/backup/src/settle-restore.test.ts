import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isReplaced } from './settle-restore.ts';

test('a table with another number, a new one and one that is gone say that a restore was committed', () => {
  const before = { 'public.notes': '16384', 'public.tags': '16390' };
  const after = (found: Record<string, string>) =>
    isReplaced(new Map(Object.entries(before)), new Map(Object.entries(found)));
  assert.equal(after(before), false);
  assert.equal(after({ 'public.tags': '16390', 'public.notes': '16384' }), false, 'in whatever order');
  assert.equal(after({ 'public.notes': '17000', 'public.tags': '17010' }), true);
  assert.equal(after({ ...before, 'public.notes': '17000' }), true);
  assert.equal(after({ ...before, 'public.gone_then': '17000' }), true);
  assert.equal(after({ 'public.notes': '16384' }), true);
});
