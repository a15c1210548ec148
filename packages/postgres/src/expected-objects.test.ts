import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeObject, expectedObjects, parseObject } from './expected-objects.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

function made(sql: string): string[] {
  const parsed = parser.parse(sql);
  assert.ok('file' in parsed);
  return expectedObjects(parsed.file.statements).map(describeObject);
}

for (const { sql, exp } of [
  {
    sql: 'create table a.b (c int); alter table a.b add d int, add e int; create index i on a.b (c); create view v as select 1; create policy "P q" on a.b',
    exp: ['table a.b', 'column a.b.d', 'column a.b.e', 'index a.i', 'view v', 'policy P q on a.b'],
  },
  { sql: 'create table a (b int); drop table a; create table a (b int)', exp: ['table a'] },
  { sql: 'alter table a add b int, add c int; alter table a drop b', exp: ['column a.c'] },
  { sql: 'create table a (b int); alter table a add c int; alter table a rename to z', exp: [] },
  { sql: 'alter table a add b int; alter table a rename b to c', exp: [] },
  { sql: 'create policy p on a; create policy q on a; drop policy p on a', exp: ['policy q on a'] },
  {
    sql: 'create temporary table a (b int); create index on b (c); create table k (i int); drop table b cascade',
    exp: [],
  },
  { sql: 'create index concurrently i on a (b); drop index i; create table if not exists t (i int)', exp: ['table t'] },
]) {
  test(`leaves behind: ${sql}`, () => assert.deepEqual(made(sql), exp));
}

test('objects in words are read, and what is none is not', () => {
  const texts = [
    'table notes',
    'view app.v',
    'index i',
    'column notes.title',
    'column app.notes.title',
    'policy Users view own on app.notes',
  ];
  assert.deepEqual(
    texts.map((text) => describeObject(parseObject(text) ?? { kind: 'table', name: '?' })),
    texts,
  );
  for (const text of ['', 'table', 'column title', 'policy p', 'function f', 'table a b'])
    assert.equal(parseObject(text), undefined, text);
});
