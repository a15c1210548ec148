import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyMigrations, type MigrationPhase } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

/** `rule severity` of every finding about one file, after files that are pending before it. */
function judge(sql: string, { phase, before = [] }: { phase?: MigrationPhase; before?: string[] } = {}) {
  const files = [...before, sql].map((text, index) => ({
    version: String(index),
    name: 'x',
    file: `${index}_x.sql`,
    sql: text,
  }));
  return classifyMigrations(files, parser, phase === undefined ? {} : { phase }).map(
    ({ rule, severity }) => `${rule} ${severity}`,
  );
}

describe('names that running code may use', () => {
  for (const [sql, expected] of [
    ['drop function f', 'drop-function hold'],
    ['drop procedure if exists app.p(int)', 'drop-function hold'],
    ['drop type mood', 'drop-type hold'],
    ['drop domain app.positive', 'drop-type hold'],
    ['drop sequence numbers', 'drop-sequence hold'],
    ['drop extension pg_trgm', 'drop-extension hold'],
    ['drop schema app', 'drop-schema hold'],
    ['alter function f(int) rename to g', 'rename-object hold'],
    ['alter type mood rename to state', 'rename-object hold'],
    ["alter type mood rename value 'a' to 'b'", 'rename-object hold'],
    ['alter schema app rename to old', 'rename-object hold'],
    ['alter materialized view m rename to n', 'rename-object hold'],
    ['alter table notes set schema old', 'rename-object hold'],
    ['alter function f(int) set schema old', 'rename-object hold'],
  ] as const)
    test(sql, () => assert.deepEqual(judge(sql), [expected]));

  test('by hand they only warn', () => {
    assert.deepEqual(judge('drop function f', { phase: 'all' }), ['drop-function warn']);
  });

  test('what only carries a name is not held: constraints, attributes, labels that are added', () => {
    for (const sql of [
      "alter type mood add value 'c'",
      'alter domain d rename constraint a to b',
      'alter table notes rename constraint a to b',
      'alter index i rename to j',
    ])
      assert.deepEqual(judge(sql), [], sql);
  });
});

describe('drop and create of the same object in one file is a replace', () => {
  test('nobody sees it gone inside one transaction', () => {
    for (const sql of [
      'drop view v; create view v as select 1',
      'drop materialized view if exists m; create materialized view m as select 1',
      'drop function f(int); create function f(a int) returns text language sql as $$ select $1::text $$',
      "drop function if exists public.f(int); create or replace function f(a int, b text default 'x', out c int) language sql as $$ select 1 $$",
      'drop function f; create function f() returns int language sql as $$ select 1 $$',
      "drop type mood; create type mood as enum ('a', 'b')",
      'drop domain d; create domain d as int',
      'drop policy p on notes; create policy p on notes using (false)',
      'drop trigger t on notes; create trigger t after insert on notes execute function f()',
    ])
      assert.deepEqual(judge(sql), [], sql);
  });

  test('CASCADE takes along what is not made again, and another signature is another function', () => {
    const mixed = 'mixed-phases refuse';
    assert.deepEqual(judge('drop view v cascade; create view v as select 1'), ['drop-view hold', mixed]);
    const changed = 'create function f(a text) returns int language sql as $$ select 1 $$';
    assert.deepEqual(judge(`drop function f(int); ${changed}`), ['drop-function hold', mixed]);
    const longer = 'create function f(a int, b text) returns int language sql as $$ select 1 $$';
    assert.deepEqual(judge(`drop function f(int); ${longer}`), ['drop-function hold', mixed]);
  });

  test('rows and values that go with it are said, and no split is proposed that would drop the new one', () => {
    for (const sql of [
      'drop table notes; create table notes (id int)',
      'drop table if exists notes cascade; create table if not exists notes (id int)',
      'drop table notes; create view notes as select 1',
      'drop view notes; create table notes (id int)',
    ])
      assert.deepEqual(judge(sql), ['replace-table refuse'], sql);
    for (const sql of [
      'alter table notes drop column a; alter table notes add column a int',
      'alter table notes drop column a, add column a int',
    ])
      assert.deepEqual(judge(sql), ['replace-column refuse'], sql);
    const accepted = '-- ops:accept replace-table it is a cache that fills itself\n';
    assert.deepEqual(judge(`${accepted}drop table notes; create table notes (id int)`), ['replace-table warn']);
    assert.deepEqual(judge('drop table notes; create table notes (id int)', { phase: 'all' }), ['replace-table warn']);
  });
});

test('what the pending files made is nobody’s yet, also renamed or as a column', () => {
  const before = [
    "create table t (id int); create view v as select 1; create function f() returns int language sql as $$ select 1 $$; create type mood as enum ('a'); create schema app; create extension hstore; alter table notes add column a int",
    'alter table t rename to u',
  ];
  const after =
    "drop view v; drop function f(); alter type mood rename value 'a' to 'b'; drop type mood; drop schema app; drop extension hstore; drop table u; alter table notes rename a to b;";
  assert.deepEqual(judge(after, { before }), []);
  assert.deepEqual(judge('alter table notes drop column a', { before }), []);
  const perhaps = [
    'create or replace view v as select 1; create or replace function f() returns int language sql as $$ select 1 $$; alter table notes add column if not exists a int',
  ];
  assert.deepEqual(judge('drop view v', { before: perhaps }), ['drop-view hold']);
  assert.deepEqual(judge('drop function f()', { before: perhaps }), ['drop-function hold']);
  assert.deepEqual(judge('alter table notes drop column a', { before: perhaps }), ['drop-column hold']);
  // A column that is renamed leaves its table's name alone.
  assert.deepEqual(judge('drop table b', { before: ['create table t (a int); alter table t rename a to b'] }), [
    'drop-table hold',
  ]);
});
