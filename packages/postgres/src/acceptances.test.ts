import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyMigrations } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

function classify(sql: string) {
  return classifyMigrations([{ version: '1', name: 'x', file: '1_x.sql', sql }], parser);
}

test('an accepted finding warns with its reason, and only that one', () => {
  const sql = `-- ops:accept drop-column nothing has read it since 2024
alter table notes drop column a;
alter table notes drop column b;`;
  assert.deepEqual(
    classify(sql).map(({ severity, accepted, line }) => [severity, accepted, line]),
    [
      ['warn', 'nothing has read it since 2024', 2],
      ['hold', undefined, 3],
    ],
  );
  // Accepted, it is no contract any more, so the file is not mixed.
  assert.deepEqual(
    classify('alter table a add b int;\n-- ops:accept drop-column never used by code\nalter table a drop c').length,
    1,
  );
});

for (const { comment, says } of [
  { comment: '-- ops:accept', says: /names no rule/ },
  { comment: '-- ops:accept drop-colum it is fine really', says: /"drop-colum" is no rule/ },
  { comment: '-- ops:accept drop-column', says: /gives no reason/ },
  { comment: '--ops:accept drop-column ok', says: /gives no reason/ },
  { comment: '-- ops:accept mixed-phases we always do this', says: /can be accepted by nobody/ },
  { comment: 'select 1; -- ops:accept drop-column because of reasons', says: /after the last statement/ },
]) {
  test(`${comment} is a mistake with its line`, () => {
    const sql = comment.startsWith('select') ? `select 1;\n${comment}` : `select 1;\n${comment}\nselect 2;`;
    const [finding, ...more] = classify(sql);
    assert.deepEqual(more, []);
    assert.deepEqual([finding?.rule, finding?.severity, finding?.line], ['acceptance', 'refuse', 2]);
    assert.match(finding?.message ?? '', says);
  });
}

test('a text in a literal accepts nothing', () => {
  assert.equal(
    classify("select '\n-- ops:accept drop-column whatever you like';alter table a drop c")[0]?.severity,
    'hold',
  );
});
