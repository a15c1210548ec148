import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyMigrations, type MigrationPhase } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

function classify(sql: string, phase: MigrationPhase = 'expand', before: string[] = []) {
  const files = [...before, sql].map((text, index) => ({
    version: String(index),
    name: 'x',
    file: `${index}_x.sql`,
    sql: text,
  }));
  return classifyMigrations(files, parser, phase);
}

test('control characters in a literal or a comment move nothing: the finding names its line', () => {
  const sql = "-- \u0001\u001b[31m\nselect 'a\u0007\u000b;b';\nalter table notes drop column text;";
  assert.deepEqual(
    classify(sql).map(({ rule, line }) => [rule, line]),
    [['drop-column', 3]],
  );
});

const cases: {
  name: string;
  sql: string;
  rule: string;
  severity: 'refuse' | 'hold' | 'warn';
  line: number;
  correction: RegExp;
}[] = [
  {
    name: 'NOT NULL without default',
    sql: '-- why\n\nalter table notes\n  add column rating integer not null;',
    rule: 'not-null-without-default',
    severity: 'refuse',
    line: 4,
    correction: /^ALTER TABLE notes ADD COLUMN rating integer NOT NULL DEFAULT 0;$/,
  },
  {
    name: 'NOT NULL with DEFAULT NULL',
    sql: 'alter table public.notes add column "User" numeric(10, 2) default null not null;',
    rule: 'not-null-without-default',
    severity: 'refuse',
    line: 1,
    correction: /^ALTER TABLE public\.notes ADD COLUMN "User" numeric\(10, 2\) NOT NULL DEFAULT 0;$/,
  },
  {
    name: 'NOT NULL foreign key',
    sql: 'alter table notes add column owner uuid not null references users (id);',
    rule: 'not-null-without-default',
    severity: 'refuse',
    line: 1,
    correction:
      /^ALTER TABLE notes ADD COLUMN owner uuid;\nUPDATE notes SET owner = .*\nALTER TABLE notes ALTER COLUMN owner SET NOT NULL;$/,
  },
  {
    name: 'array',
    sql: 'alter table notes add tags text[] not null',
    rule: 'not-null-without-default',
    severity: 'refuse',
    line: 1,
    correction: /ADD COLUMN tags text\[\] NOT NULL DEFAULT '\{\}';$/,
  },
  {
    name: 'drop table',
    sql: 'select 1;\n/* é */ drop table if exists a.b',
    rule: 'drop-table',
    severity: 'hold',
    line: 2,
    correction: /phase: contract/,
  },
  {
    name: 'drop column',
    sql: 'alter table notes drop column title',
    rule: 'drop-column',
    severity: 'hold',
    line: 1,
    correction: /phase: contract/,
  },
  {
    name: 'rename column',
    sql: 'alter table notes rename title to name',
    rule: 'rename-column',
    severity: 'hold',
    line: 1,
    correction: /add column name/,
  },
  {
    name: 'rename table',
    sql: 'alter table notes rename to memos',
    rule: 'rename-table',
    severity: 'hold',
    line: 1,
    correction: /CREATE VIEW notes/,
  },
  {
    name: 'narrowing',
    sql: 'alter table notes\nalter title type varchar(10)',
    rule: 'type-narrowing',
    severity: 'hold',
    line: 2,
    correction: /phase: contract/,
  },
  {
    name: 'widening',
    sql: 'alter table notes alter id type bigint',
    rule: 'type-change',
    severity: 'warn',
    line: 1,
    correction: /./,
  },
  {
    name: 'set not null',
    sql: 'alter table notes alter title set not null',
    rule: 'set-not-null',
    severity: 'warn',
    line: 1,
    correction: /NOT VALID/,
  },
  {
    name: 'index',
    sql: 'CREATE UNIQUE INDEX i ON notes (title)',
    rule: 'index-not-concurrent',
    severity: 'warn',
    line: 1,
    correction: /^CREATE UNIQUE INDEX CONCURRENTLY i ON notes \(title\);/,
  },
  {
    name: 'unnamed concurrent index',
    sql: 'create index concurrently on notes (title)',
    rule: 'concurrent-index-unnamed',
    severity: 'refuse',
    line: 1,
    correction: /name/,
  },
  {
    name: 'rolled back by the file itself',
    sql: 'select 1;\nrollback',
    rule: 'explicit-transaction',
    severity: 'refuse',
    line: 2,
    correction: /remove/,
  },
  {
    name: 'syntax',
    sql: "-- é😀\ncreate table a (id int);\n\n  slect 'secret';",
    rule: 'syntax-error',
    severity: 'refuse',
    line: 4,
    correction: /line 4/,
  },
];

describe('classifyMigrations', () => {
  for (const { name, sql, rule, severity, line, correction } of cases) {
    test(name, () => {
      const [finding, ...more] = classify(sql);
      assert.deepEqual(more, []);
      assert.equal(finding?.rule, rule);
      assert.equal(finding?.severity, severity);
      assert.equal(finding?.line, line);
      assert.match(finding?.correction ?? '', correction);
    });
  }

  test('a corrected statement is clean', () => {
    const [finding] = classify('alter table t add column c timestamptz not null');
    assert.deepEqual(classify(finding?.correction ?? ''), []);
  });

  test('clean statements', () => {
    const clean = [
      'alter table notes add column a int not null default 5, add b bigserial not null, add c int generated always as identity, add d text',
      'create index concurrently i on notes (title)',
      'select 1; create index concurrently i on notes (title)',
      'begin; select 1; commit',
      'drop view v; create view v as select 1',
      'alter table a rename to b; create view a with (security_invoker = true) as select * from b',
      'drop function f; drop index i; alter table notes drop constraint c; -- drop table x',
    ];
    for (const sql of clean) assert.deepEqual(classify(sql), [], sql);
  });

  test('what pending files create is not existing', () => {
    const later = 'alter table public.t add column c int not null; create index on t (c); drop table t;';
    assert.deepEqual(classify(later, 'expand', ['create table t (id int)']), []);
    assert.equal(classify(later, 'expand', ['create table if not exists t (id int)']).length, 4);
  });

  test('a file that adds and removes is refused with its split, and removing alone is held', () => {
    const [held, mixed] = classify('alter table a add b int;\nalter table a drop c;');
    assert.deepEqual([held?.severity, mixed?.rule, mixed?.severity], ['hold', 'mixed-phases', 'refuse']);
    assert.match(
      mixed?.correction ?? '',
      /^split it: keep\nalter table a add b int;\nin 0_x\.sql, and move\nalter table a drop c;\nto a later file/,
    );
    assert.deepEqual(
      classify('alter table a drop c; update b set d = 1').map((one) => one.severity),
      ['hold'],
    );
    assert.deepEqual(
      classify('alter table a add b int; alter table a drop c', 'all').map((one) => one.severity),
      ['warn'],
    );
  });

  test('by hand, contract statements warn', () => {
    assert.equal(classify('drop table a', 'all')[0]?.severity, 'warn');
    assert.equal(classify('alter table a add b int not null', 'all')[0]?.severity, 'refuse');
  });

  test('no literal is shown', () => {
    const [finding] = classify("alter table a add b text check (b <> 'canary') not null -- canary");
    assert.equal(finding?.statement, 'alter table a add b text check (b <> $1) not null');
  });

  test('segments are the CLI ones', () => {
    const outcome = parser.parse(
      "-- é\ncreate table a (t text default 'x;y'); -- trailing\n;\n/* ; */ select 1;\n-- end\n",
    );
    assert.ok('file' in outcome);
    assert.deepEqual(outcome.file.segments, [
      "-- é\ncreate table a (t text default 'x;y')",
      '-- trailing',
      '/* ; */ select 1',
      '-- end',
    ]);
  });
});
