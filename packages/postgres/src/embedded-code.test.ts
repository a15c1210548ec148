import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyFiles } from './classify-files.ts';
import { classifyMigrations } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

/** `<rule> <severity> <line>` of the last of these files. */
function judged(...texts: string[]): string[] {
  const files = texts.map((sql, index) => ({ version: `${index}`, name: 'x', file: `${index}_x.sql`, sql }));
  return classifyMigrations(files, parser)
    .filter(({ file }) => file === files.at(-1)?.file)
    .map(({ rule, severity, line }) => `${rule} ${severity} ${line}`);
}

const doBlock = (body: string, declared = '') => `do $$ ${declared}\nbegin\n  ${body}\nend $$;`;

/** `f` drops a table, and `g` calls it; the next statement stands in line 3. */
const known =
  "create function f() returns int language sql as 'drop table notes';\ncreate function g() returns int language sql as 'select f()';\n";

const cases: [sql: string, ...found: string[]][] = [
  // What a DO block says in plain SQL is judged as if it stood at the top of the file.
  [doBlock('drop table notes;'), 'drop-table hold 3'],
  ["do language plpgsql 'begin drop table notes; end'", 'drop-table hold 1'],
  [
    doBlock('if exists (select 1 from pg_class) then\n    alter table notes drop column title;\n  end if;'),
    'drop-column hold 4',
  ],
  [
    doBlock('for i in 1..3 loop\n truncate notes;\n  end loop;\nexception when others then\n drop view recent;'),
    'truncate refuse 4',
    'drop-view hold 7',
  ],
  [doBlock('case when true then delete from notes; else null; end case;'), 'mass-change warn 3'],
  [
    doBlock("for r in delete from notes returning id loop raise notice '%', r; end loop;", 'declare r record;'),
    'mass-change warn 3',
  ],
  [doBlock("execute 'drop table notes';"), 'drop-table hold 3'],
  [doBlock('drop policy p on notes; create policy p on notes using (true);')],
  [doBlock("create type state as enum ('a');\nexception when duplicate_object then null;")],
  [doBlock('create temp table pile (id int); insert into pile select 1; drop table pile;')],
  [doBlock("perform setval('s', 1); perform pg_notify('a', 'b'); alter table notes add column if not exists a text;")],
  [doBlock('if exists (select from notes) then alter publication realtime add table notes; end if;')],
  [doBlock('select count(*) into n from notes; n := n + 1;', 'declare n int;')],
  // What is put together as it runs is told; held where a literal of it takes something away.
  [doBlock("execute format('alter table %I enable row level security', 'notes');"), 'opaque-code warn 1'],
  [doBlock("execute format('drop table %I', 'notes');"), 'opaque-code hold 1'],
  [doBlock('execute s;', "declare s text := 'truncate ' || 'notes';"), 'opaque-code hold 1'],
  [
    doBlock("execute format('alter table %I drop constraint if exists c, alter column a drop not null', 'notes');"),
    'opaque-code warn 1',
  ],
  [
    doBlock("-- drop table notes\n  raise notice 'no more'; execute s;", "declare s text := 'analyze';"),
    'opaque-code warn 1',
  ],
  ...[
    'alter column a type int',
    'alter a set data type varchar(3)',
    'set schema old',
    'alter a set default null',
    'no inherit b',
    'alter a drop identity',
  ].map((words): [string, ...string[]] => [
    doBlock(`execute format('alter table %I ${words}', 'notes');`),
    'opaque-code hold 1',
  ]),
  ...['alter column a type bigint', 'alter a type text', 'alter a drop not null', "alter a set default ''x''"].map(
    (words): [string, ...string[]] => [
      doBlock(`execute format('alter table %I ${words}', 'notes');`),
      'opaque-code warn 1',
    ],
  ),
  [doBlock("execute format('alter type %I add value %L', 'state', 'new');"), 'opaque-code warn 1'],
  [
    doBlock(
      "raise notice 'will drop % later', 'delete from'; insert into log values ('drop'); execute s;",
      "declare s text := 'analyze';",
    ),
    'opaque-code warn 1',
  ],
  [
    doBlock(
      "for r in select 'drop table ' || name as text from old loop execute r.text; end loop;",
      'declare r record;',
    ),
    'opaque-code hold 1',
  ],
  [
    doBlock("return; open c for execute 'delete from notes returning id';", 'declare c refcursor;'),
    'mass-change warn 3',
  ],
  [doBlock('open c for execute s;', "declare c refcursor; s text := 'select 1';"), 'opaque-code warn 1'],
  [doBlock('perform refill();'), 'opaque-code warn 1'],
  [doBlock('call refill();'), 'opaque-code warn 1'],
  ['do language plpython3u $$ plpy.execute("drop table notes") $$', 'opaque-code hold 1'],
  ['do language plpython3u $$ plpy.execute("analyze") $$', 'opaque-code warn 1'],
  ['do $$ begin undeclared := 1; end $$', 'opaque-code warn 1'],
  ['call refill()', 'opaque-code warn 1'],
  ['select refill()', 'opaque-code warn 1'],
  ["select * from audit.watch('notes')", 'opaque-code warn 1'],
  ["select setval('s', 1), pg_catalog.set_config('a', 'b', false)"],
  ["select lower('x'), count(*), random(), uuid_generate_v4(), now(), coalesce(max(1), 2), sum(1) over ()"],
  [
    doBlock(
      "n := length(trim('x')) + extract(year from now()); if n > greatest(1, abs(n)) then null; end if;",
      'declare n int;',
    ),
  ],
  ['select lower(refill())', 'opaque-code warn 1'],
  ['select to_archive()', 'opaque-code warn 1'],
  ['select refill((select max(id) from notes))', 'opaque-code warn 1'],
  ['select max((select refill(id) from notes))'],
  ["select cron.schedule('clean', '0 3 * * *', 'delete from notes where old')"],
  ['select refill(id) from notes'],
  // The body of what the file has made itself is known.
  [
    `create function f() returns void language plpgsql as $f$ begin drop table notes; end $f$;\nselect f();\ndrop function f();`,
    'drop-table hold 2',
    'mixed-phases refuse 2',
  ],
  ["create procedure p() language sql as 'delete from notes';\ncall public.p()", 'mass-change warn 2'],
  [
    `create function f() returns void language plpgsql as $f$ begin perform f(); perform g(); end $f$;\ndo $$ begin perform f(); end $$`,
    'opaque-code warn 2',
  ],
  [`create function f() returns int language sql begin atomic select 1; end;\nselect f()`, 'opaque-code warn 2'],
  [`create function f() returns int language sql as $f$ select 1 $f$;\nselect f()`],
  ['create procedure p() language plpgsql as $$ begin null; end $$; call p();'],
  // Wherever it is called, also by what is called, and whichever of its kind it is.
  ...[
    'select f()::text',
    'select coalesce(1, f())',
    'select 1 where f() is null',
    'update t set a = f() where b',
    'select g()',
  ].map((call): [string, ...string[]] => [`${known} ${call}`, 'drop-table hold 3', 'mixed-phases refuse 3']),
  ...[
    'n := f();',
    'if f() = 1 then null; end if;',
    "raise notice '%', f();",
    'perform g();',
    'return; n := 1 + f();',
  ].map((call): [string, ...string[]] => [
    `${known} ${doBlock(call, 'declare n int;')}`,
    'drop-table hold 3',
    'mixed-phases refuse 3',
  ]),
  [`${known} call p(f())`, 'opaque-code warn 3', 'drop-table hold 3', 'mixed-phases refuse 3'],
  [`${known} select other() from f()`, 'opaque-code warn 3', 'drop-table hold 3', 'mixed-phases refuse 3'],
  [`${known} explain select f(); create view v as select f(); alter table t alter a set default f()`],
  [
    "create function f() returns int language sql as 'select 1';\ncreate or replace function f() returns int language sql as 'delete from notes; select 1';\nselect f()",
    'mass-change warn 3',
  ],
  [
    "create function f() returns int language sql as 'drop table notes';\ncreate or replace function f() returns int language sql as 'select 1';\nselect f()",
  ],
  [
    "create function f() returns int language sql as 'drop table notes';\ncreate function f(a int) returns int language sql as 'select 1';\nselect f()",
    'drop-table hold 3',
    'mixed-phases refuse 3',
  ],
  [
    'create function f() returns setof int language plpgsql as $f$ begin return query delete from notes returning id; end $f$;\nselect f()',
    'mass-change warn 2',
  ],
  [
    "create function f() returns setof int language plpgsql as $f$ begin return query execute format('delete from %I', 'notes'); end $f$;\nselect f()",
    'opaque-code hold 2',
    'mixed-phases refuse 2',
  ],
  [
    `create function f() returns void language plpgsql as $f$ begin execute format('drop table %I', 'notes'); end $f$;\ndo $$ begin perform f(); end $$`,
    'opaque-code hold 2',
    'mixed-phases refuse 2',
  ],
  // What a condition may leave out replaces nothing for certain; within the same branch it does.
  ['drop view v; do $$ begin create view v as select 1; end $$'],
  ['drop view v; do $$ begin if now() > a then create view v as select 1; end if; end $$', 'drop-view warn 1'],
  ['drop view v; do $$ begin create view v as select 1; exception when others then null; end $$', 'drop-view warn 1'],
  ['drop view v; do $$ begin if a then return; end if; create view v as select 1; end $$', 'drop-view warn 1'],
  [doBlock('if a then drop view v; create view v as select 1; end if;')],
  [doBlock('begin drop view v; create view v as select 1; exception when others then null; end;')],
  [doBlock('if a then drop view v; else create view v as select 1; end if;'), 'drop-view warn 3'],
  [
    'drop table notes; do $$ begin if a then create table notes (id int); end if; end $$',
    'replace-table refuse 1',
    'drop-table warn 1',
  ],
  // A temporary table is none that others see.
  [doBlock('create temp table notes (id int);\n  drop table notes;\n  drop table public.notes;'), 'drop-table hold 5'],
  ['create temp table notes (id int);\ndrop table public.notes', 'drop-table hold 2'],
  ['create temp table notes (id int); drop table pg_temp.notes; drop table notes', 'drop-table hold 1'],
  [
    'create temp table pile as select 1; alter table pile add a int not null; create index on pile (a); drop table pile',
  ],
  [doBlock('if a then create temp table notes (id int); end if;\n  drop table notes;'), 'drop-table hold 4'],
  [doBlock('if a then create temp table pile (id int); drop table pile; end if;')],
  ['drop view v; create temp view v as select 1', 'drop-view hold 1'],
  // Statements inside of others.
  ['with d as (delete from notes returning *) select count(*) from d', 'mass-change warn 1'],
  ['with d as (delete from notes where id = 1 returning *) insert into old select * from d'],
  ['create table fresh as with d as (update notes set a = 1 returning *) select * from d', 'mass-change warn 1'],
  ['explain analyze delete from notes', 'mass-change warn 1'],
  ['explain (analyze, buffers) update notes set a = 1', 'mass-change warn 1'],
  ['explain delete from notes'],
  ['explain (analyze off) delete from notes'],
  ['explain (analyze 0) delete from notes'],
  ['prepare p as delete from notes', 'mass-change warn 1'],
  ["copy (delete from notes returning *) to '/tmp/x'", 'mass-change warn 1'],
];

describe('what a statement runs besides itself', () => {
  for (const [sql, ...found] of cases) test(sql, () => assert.deepEqual(judged(sql), found));

  test('a block is accepted above it, and the finding shows the statement inside of it without its literals', () => {
    const sql = `-- ops:accept drop-table the table was only a trial\n${doBlock('drop table notes;')}`;
    assert.deepEqual(judged(sql), ['drop-table warn 4']);
    const file = {
      version: '1',
      name: 'x',
      file: '1_x.sql',
      sql: doBlock("delete from notes where a = 'canary' or true;\n drop table notes;"),
    };
    assert.deepEqual(
      classifyMigrations([file], parser).map(({ statement }) => statement),
      ['drop table notes'],
    );
  });

  test('what a block perhaps makes is no new object for later files, and is one that new code needs', () => {
    assert.deepEqual(judged(doBlock('create table notes (id int);'), 'drop table notes'), ['drop-table hold 1']);
    const mixed = doBlock('create table fresh (id int);\n  drop table notes;');
    assert.deepEqual(judged(mixed), ['drop-table hold 4', 'mixed-phases refuse 4']);
    assert.deepEqual(judged('alter table notes add column a int, drop column b'), [
      'drop-column hold 1',
      'mixed-phases refuse 1',
    ]);
  });

  test('a temporary table of one file, and one that is made under a condition, hide nothing from the next', () => {
    for (const first of [
      'create temp table notes (id int)',
      doBlock('create temp table notes (id int);'),
      doBlock('if false then create table notes (id int); end if;'),
    ])
      for (const drop of ['drop table public.notes', 'drop table notes'])
        assert.deepEqual(judged(first, drop), ['drop-table hold 1'], `${first} | ${drop}`);
  });

  test('the plan knows the routines of earlier files', () => {
    const facts = () => ({ table: 'public.notes', rows: 10, bytes: 8192, columns: new Map() });
    const files = ["create function f() returns int language sql as 'delete from notes'", '\nselect f()'].map(
      (sql, index) => ({ version: `${index}`, name: 'x', file: `${index}_x.sql`, sql }),
    );
    const [, summary] = classifyFiles(files, parser, facts as never);
    assert.deepEqual(
      summary?.locks.map(({ line, table }) => [line, table]),
      [[2, 'public.notes']],
    );
  });

  test('the plan counts its classes and locks', () => {
    const sql = doBlock('alter table notes drop column a;\n  delete from notes;');
    const facts = () => ({ table: 'public.notes', rows: 10, bytes: 8192, columns: new Map() });
    const [summary] = classifyFiles([{ version: '1', name: 'x', file: '1_x.sql', sql }], parser, facts as never);
    assert.deepEqual(summary?.classes, ['schema', 'data', 'code']);
    assert.deepEqual(
      summary?.locks.map(({ line, lock }) => [line, lock]),
      [
        [3, 'ACCESS EXCLUSIVE'],
        [4, 'ROW EXCLUSIVE'],
      ],
    );
  });
});
