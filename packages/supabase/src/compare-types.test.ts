import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareTypes } from './compare-types.ts';

const fresh = `export type Json =
  | string
  | number

export type Database = {
  public: {
    Tables: {
      notes: {
        Row: {
          id: number
          title: string | null
        }
      }
    }
  }
}
`;

test('how a formatter writes it is no difference', () => {
  const formatted = fresh
    .replace('export type Json =\n  | string\n  | number', 'export type Json = string | number;')
    .replaceAll('number\n', 'number;\n')
    .replaceAll('null\n', 'null,\r\n')
    .replaceAll('notes:', "'notes':")
    .replaceAll('  ', '\t');
  assert.notEqual(formatted, fresh);
  assert.equal(compareTypes(formatted, fresh), undefined);
});

test('a column that is new, gone or of another type is one', () => {
  const before = fresh.replace('          title: string | null\n', '');
  assert.deepEqual(compareTypes(before, fresh), { added: ['title: string | null'], removed: [] });
  assert.deepEqual(compareTypes(fresh, before), { added: [], removed: ['title: string | null'] });
  assert.deepEqual(compareTypes(fresh.replace('string | null', 'number'), fresh), {
    added: ['title: string | null'],
    removed: ['title: number'],
  });
  assert.equal(compareTypes('', fresh)?.removed.length, 0);
});
