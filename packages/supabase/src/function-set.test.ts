import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFunctionSet } from './function-set.ts';

test('the functions of a release are named with their versions, in texts that fit into the record', () => {
  assert.deepEqual(formatFunctionSet([]), []);
  const two = [
    { slug: 'notes', version: 7 },
    { slug: 'health', version: 3 },
  ];
  assert.deepEqual(formatFunctionSet(two), ['health@3 notes@7']);
  const many = Array.from({ length: 40 }, (_, index) => ({ slug: `function-${index + 10}`, version: index }));
  const texts = formatFunctionSet(many);
  assert.ok(texts.length > 1 && texts.every((text) => text.length <= 100));
  assert.equal(texts.join(' ').split(' ').length, 40);
});
