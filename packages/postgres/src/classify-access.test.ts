import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyMigrations } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

/** `<rule> <severity>` of these files together. */
function judged(...texts: string[]): string[] {
  const files = texts.map((sql, index) => ({ version: `${index}`, name: 'x', file: `${index}_x.sql`, sql }));
  return classifyMigrations(files, parser).map(({ rule, severity }) => `${rule} ${severity}`);
}

const made =
  'create function f() returns int language sql as $f$ select 1 $f$; create table t (id int); create role r;';
const replaced = 'create or replace function f() returns int language sql as $f$ select 1 $f$;';

const cases: [texts: string[], ...found: string[]][] = [
  [['drop owned by old'], 'drop-owned refuse'],
  [['drop role old, older'], 'drop-role hold'],
  [['drop role old; create role old']],
  [['revoke select on notes from authenticated'], 'revoke hold'],
  [['revoke all on all tables in schema public from anon'], 'revoke hold'],
  [['revoke connect on database app from public'], 'revoke hold'],
  [['revoke execute on function f() from public'], 'revoke hold'],
  [['revoke editors from ann'], 'revoke hold'],
  [['grant select on notes to anon; grant editors to ann']],
  [['alter default privileges in schema public revoke execute on functions from public']],
  // What was made just before: nobody has used it yet.
  [[`${made} revoke all on function f() from public, anon; revoke all on t from public; drop role r; drop owned by r`]],
  [[made, 'revoke all on function f() from public, anon; revoke select on notes from r']],
  [['create schema app; revoke all on schema app from public; revoke all on all tables in schema app from anon']],
  // What was perhaps there before is warned of: it is written like this in every second file.
  [
    [`${replaced} revoke execute on function f() from public; grant execute on function f() to authenticated`],
    'revoke warn',
  ],
  [['create table if not exists notes (id int); revoke all on notes from anon'], 'revoke warn'],
  // The usual hardening gives back what is meant to stay.
  [['revoke all on notes from anon, public; grant select on public.notes to anon, public'], 'revoke warn'],
  [['revoke all on notes from anon, authenticated; grant select on notes to authenticated'], 'revoke hold'],
  [['revoke all on notes, tags from anon; grant select on notes to anon'], 'revoke hold'],
  [['grant select on notes to anon; revoke all on notes from anon'], 'revoke hold'],
  [
    ['revoke all on all tables in schema public from a; grant select on all tables in schema public to a'],
    'revoke warn',
  ],
  [
    ['revoke all on all tables in schema public from a; grant usage on all sequences in schema public to a'],
    'revoke hold',
  ],
  [['revoke all on notes from anon; do $$ begin if a then grant all on notes to anon; end if; end $$'], 'revoke warn'],
  [['revoke connect on database app from public; grant connect on database app to public'], 'revoke hold'],
  [['revoke grant option for select on notes from anon; revoke admin option for editors from ann']],
  [
    ['create schema if not exists public; revoke all on all tables in schema public from anon'],
    'revoke hold',
    'mixed-phases refuse',
  ],
  [['create schema if not exists app; revoke all on schema app from anon'], 'revoke warn'],
  [['drop policy p on notes'], 'drop-policy hold'],
  [['drop policy p on notes; create policy p on notes as restrictive using (true)'], 'drop-policy hold'],
  [['drop policy p on notes; create policy q on notes as restrictive for select using (true)'], 'drop-policy hold'],
  [
    [
      'drop policy p on notes; create policy p on notes as restrictive using (true); create policy q on notes for select using (true)',
    ],
    'drop-policy warn',
  ],
  [['drop policy if exists p on public.notes; create policy p on notes using (true)']],
  [['create policy p on notes using (true); drop policy p on notes']],
  [['create table t (id int); create policy p on t using (true)', 'drop policy p on t']],
  [['drop policy "may read" on notes; create policy "may read own" on notes using (true)'], 'drop-policy warn'],
  [['drop policy p on notes; create policy p on tags using (true)'], 'drop-policy hold'],
  [['alter table notes alter column a drop default'], 'drop-default hold'],
  [['alter table notes alter column a set default null'], 'drop-default hold'],
  [['alter table notes alter column a set default null::text'], 'drop-default hold'],
  [['alter table notes alter column a drop identity if exists'], 'drop-default hold'],
  [["alter table notes alter a drop identity; alter table notes alter a set default nextval('s')"]],
  [
    ['alter table notes alter a drop default; alter table notes alter a set default null'],
    'drop-default hold',
    'drop-default hold',
  ],
  [
    ["alter table notes alter a drop default, alter a type state using a::state, alter a set default 'new'"],
    'type-narrowing hold',
  ],
  [['alter table notes alter a drop default; alter table notes alter a set default 1']],
  [['alter table notes alter a drop default; alter table notes alter a add generated by default as identity']],
  [['alter table notes add b int default 1', 'alter table notes alter b drop default']],
  [['alter table notes no inherit things'], 'no-inherit hold'],
  [['drop foreign table far'], 'drop-table hold'],
  [['drop foreign table far; create foreign table far (id int) server s']],
];

describe('rights, roles, policies and defaults that running code works by', () => {
  for (const [texts, ...found] of cases) test(texts.join(' | '), () => assert.deepEqual(judged(...texts), found));

  test('an empty database has no code that could miss them', () => {
    const sql = 'revoke all on notes from anon; drop policy p on notes; drop role old; drop owned by old';
    const file = { version: '1', name: 'x', file: '1_x.sql', sql };
    assert.deepEqual(classifyMigrations([file], parser, { empty: true }), []);
  });
});
