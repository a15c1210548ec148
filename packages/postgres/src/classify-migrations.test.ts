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
  return classifyMigrations(files, parser, { phase });
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
      /^ALTER TABLE notes ADD COLUMN owner uuid;\n-- in a file of its own.*\nUPDATE notes SET owner = .*\nALTER TABLE notes ALTER COLUMN owner SET NOT NULL;$/,
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
    name: 'rows for psql',
    sql: 'create table t (v text);\ncopy t from stdin;\ncanary and more\n\\.\n',
    rule: 'syntax-error',
    severity: 'refuse',
    line: 3,
    correction: /INSERT/,
  },
  {
    name: 'rows for psql that are not there',
    sql: 'copy t from stdin',
    rule: 'copy-from-stdin',
    severity: 'refuse',
    line: 1,
    correction: /INSERT/,
  },
  {
    name: 'command of psql',
    sql: 'select 1;\n\\connect other',
    rule: 'syntax-error',
    severity: 'refuse',
    line: 2,
    correction: /command of psql/,
  },
  {
    name: 'backslashes that would be special to another tool',
    sql: "set standard_conforming_strings to off;\ninsert into t values ('a\\nb')",
    rule: 'string-syntax',
    severity: 'refuse',
    line: 1,
    correction: /E'/,
  },
  {
    name: 'drop index',
    sql: 'drop index public.i, j',
    rule: 'drop-index-not-concurrent',
    severity: 'warn',
    line: 1,
    correction: /^DROP INDEX CONCURRENTLY public\.i; DROP INDEX CONCURRENTLY j;/,
  },
  {
    name: 'foreign key',
    sql: 'alter table notes add constraint f foreign key (a) references users (id)',
    rule: 'foreign-key-not-valid-missing',
    severity: 'warn',
    line: 1,
    correction: /NOT VALID .* ALTER TABLE notes VALIDATE CONSTRAINT f/,
  },
  {
    name: 'check',
    sql: 'alter table notes add check (a > 0)',
    rule: 'check-not-valid-missing',
    severity: 'warn',
    line: 1,
    correction: /NOT VALID/,
  },
  {
    name: 'unique constraint',
    sql: 'alter table notes add constraint k unique (a)',
    rule: 'unique-constraint-index',
    severity: 'warn',
    line: 1,
    correction: /ADD CONSTRAINT k UNIQUE USING INDEX/,
  },
  {
    name: 'a value for each row',
    sql: 'alter table notes add column token uuid default gen_random_uuid()',
    rule: 'column-rewrite',
    severity: 'warn',
    line: 1,
    correction: /without the default/,
  },
  {
    name: 'a new column with a constraint',
    sql: 'alter table notes\nadd column slug text unique',
    rule: 'column-constraint',
    severity: 'warn',
    line: 2,
    correction: /CREATE UNIQUE INDEX CONCURRENTLY/,
  },
  {
    name: 'truncate',
    sql: 'truncate a, b cascade',
    rule: 'truncate',
    severity: 'refuse',
    line: 1,
    correction: /ops:accept/,
  },
  {
    name: 'drop database',
    sql: 'drop database x',
    rule: 'drop-database',
    severity: 'refuse',
    line: 1,
    correction: /./,
  },
  {
    name: 'drop not null',
    sql: 'alter table notes alter title drop not null',
    rule: 'drop-not-null',
    severity: 'warn',
    line: 1,
    correction: /./,
  },
  {
    name: 'update',
    sql: 'update notes set a = 1',
    rule: 'mass-change',
    severity: 'warn',
    line: 1,
    correction: /batches/,
  },
  {
    name: 'domain',
    sql: 'alter domain d add check (value > 0)',
    rule: 'domain-constraint',
    severity: 'warn',
    line: 1,
    correction: /NOT VALID/,
  },
  {
    name: 'unlogged',
    sql: 'alter table a set unlogged',
    rule: 'table-rewrite',
    severity: 'warn',
    line: 1,
    correction: /./,
  },
  { name: 'vacuum', sql: 'vacuum full a', rule: 'table-rewrite', severity: 'warn', line: 1, correction: /pg_repack/ },
  {
    name: 'reindex',
    sql: 'reindex table a',
    rule: 'reindex-not-concurrent',
    severity: 'warn',
    line: 1,
    correction: /./,
  },
  {
    name: 'refresh',
    sql: 'refresh materialized view m',
    rule: 'refresh-not-concurrent',
    severity: 'warn',
    line: 1,
    correction: /CONCURRENTLY m/,
  },
  { name: 'lock', sql: 'lock table a', rule: 'lock-table', severity: 'warn', line: 1, correction: /./ },
  {
    name: 'row level security off',
    sql: 'alter table a disable row level security',
    rule: 'row-security-off',
    severity: 'warn',
    line: 1,
    correction: /CREATE POLICY/,
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
      'alter table notes add column a int not null default 5, add d text',
      'create index concurrently i on notes (title)',
      'select 1; create index concurrently i on notes (title)',
      'begin; select 1; commit',
      'alter table notes add constraint f foreign key (a) references users (id) not valid',
      'alter table notes add constraint k unique using index i',
      "alter table notes add column at timestamptz not null default now(), add column state text default 'new'",
      'update notes set a = 1 where id = 2; delete from notes where a = 1; insert into notes default values',
      'refresh materialized view concurrently m; reindex table concurrently a; vacuum a; lock table a in access share mode',
      'drop view v; create view v as select 1',
      'alter table a rename to b; create view a with (security_invoker = true) as select * from b',
      'drop trigger f on notes; drop index concurrently i; alter table notes drop constraint c; -- drop table x',
    ];
    for (const sql of clean) assert.deepEqual(classify(sql), [], sql);
    const unchecked = 'alter table notes add constraint c check (a is not null) not valid';
    const validated = 'alter table notes validate constraint c; alter table notes alter a set not null';
    assert.deepEqual(classify(validated, 'expand', [unchecked]), []);
  });

  test('what pending files create is not existing', () => {
    const later = 'alter table public.t add column c int not null; create index on t (c); drop table t;';
    assert.deepEqual(classify(later, 'expand', ['create table t (id int)']), []);
    assert.equal(classify(later, 'expand', ['create table if not exists t (id int)']).length, 5);
  });

  test('a file that adds and removes is refused with its split, and removing alone is held', () => {
    const [held, mixed] = classify('alter table a add b int;\nalter table a drop c;');
    assert.deepEqual([held?.severity, mixed?.rule, mixed?.severity], ['hold', 'mixed-phases', 'refuse']);
    assert.match(
      mixed?.correction ?? '',
      /^split it: keep\nalter table a add b int;\nin 0_x\.sql, and move\nalter table a drop c;\nto a later file/,
    );
    assert.deepEqual(
      classify('update b set d = 1 where e; alter table a drop c').map((one) => one.severity),
      ['hold'],
    );
    for (const phase of ['all', 'contract'] as const) {
      assert.deepEqual(
        classify('alter table a add b int; alter table a drop c', phase).map(({ rule, severity }) => [rule, severity]),
        [
          ['drop-column', 'warn'],
          ['mixed-phases', 'warn'],
        ],
      );
    }
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
