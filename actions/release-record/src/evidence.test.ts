import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heldFiles } from './evidence.ts';

test('what a migration held is named, shortened, and nothing where it said nothing', () => {
  assert.equal(heldFiles('["20260101000000_drop.sql"]'), 'Held for a later release: 20260101000000_drop.sql');
  assert.equal(heldFiles('["1","2","3","4","5"]'), 'Held for a later release: 1, 2, 3 and 2 more');
  for (const none of [undefined, '', '[]', 'null', '{', '{"a":1}']) assert.equal(heldFiles(none), undefined, none);
  assert.equal(heldFiles('["a\\u001b[31m\\nb"]')?.split('\n').length, 1, 'a name never makes a second line');
});
