import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { loadSqlParser } from './sql-parser.ts';

const { parse, comments } = await loadSqlParser();

function segmentsOf(sql: string): string[] {
  const parsed = parse(sql);
  return 'file' in parsed ? parsed.file.segments : assert.fail(parsed.error.message);
}

describe('segments', () => {
  const pieces = ['SELECT 1', "SELECT ';'", 'SELECT $$a;b$$', 'SELECT "a;b" FROM t', "SELECT 'é😀;'", ''];

  test('are the same whether a comment between them makes the scanner look or not', () => {
    const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 6 });
    fc.assert(
      fc.property(texts, fc.constantFrom(';', '\n;\n', ' ; '), (statements, between) => {
        const bare = segmentsOf(statements.join(between));
        assert.deepEqual(
          bare,
          statements.map((text) => text.trim()).filter((text) => text !== ''),
        );
        const commented = segmentsOf(`${statements.join(between)};\n-- a; comment`);
        assert.deepEqual(commented, [...bare, '-- a; comment']);
      }),
    );
  });
});

test('places are those of the file, whatever characters stand before them', () => {
  const texts = fc.array(fc.constantFrom('SELECT 1', "SELECT 'é'", "SELECT '😀'", `SELECT '${'ü'.repeat(300)}'`), {
    minLength: 1,
    maxLength: 12,
  });
  fc.assert(
    fc.property(texts, fc.constantFrom(';', ';\n-- é\n'), (statements, between) => {
      const sql = statements.join(between);
      const parsed = parse(sql);
      assert.ok('file' in parsed);
      const found = parsed.file.statements.map(({ start, end }) => sql.slice(start, end).replace(/^\s*-- é\s*/, ''));
      assert.deepEqual(found, statements);
    }),
  );
});

test('comments are found outside of literals only', () => {
  const found = comments("-- one\nSELECT '-- none' /* two */, $$/* none */$$; -- é three");
  assert.deepEqual(
    found.map(({ text }) => text),
    ['-- one', '/* two */', '-- é three'],
  );
  assert.deepEqual(comments('SELECT 1 - 2, 3 * 4'), []);
});
