import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Exposure, foretellAdvice, usualExposure } from './foretell-advice.ts';
import { loadSqlParser, type SqlParser } from './sql-parser.ts';

let parser: SqlParser;
before(async () => {
  parser = await loadSqlParser();
});

const file = (version: string, sql: string) => ({ version, name: 'x', file: `${version}_x.sql`, sql });

async function told(sql: string, more: { earlier?: string; exposure?: Partial<Exposure> } = {}): Promise<string[]> {
  const advice = await foretellAdvice({
    files: [file('2', sql)],
    earlier: more.earlier === undefined ? [] : [file('1', more.earlier)],
    parser,
    askExposure: async () => ({ ...usualExposure, ...more.exposure }),
  });
  return advice.map(({ rule, object, line }) => `${line}: ${rule} ${object}`);
}

/** The sample of a team's runbook, in pieces that can be left out. */
const table = `CREATE TABLE focus_sessions (id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid REFERENCES auth.users (id) ON DELETE CASCADE, task_id uuid REFERENCES tasks (id) ON DELETE SET NULL);`;
const pieces = {
  user: 'CREATE INDEX idx_focus_sessions_user ON focus_sessions (user_id);',
  task: 'CREATE INDEX idx_focus_sessions_task ON focus_sessions (task_id);',
  security: '-- only one’s own\nALTER TABLE focus_sessions ENABLE ROW LEVEL SECURITY;',
  view: 'CREATE POLICY "Users view own sessions" ON focus_sessions FOR SELECT USING (user_id = auth.uid());',
  manage: 'CREATE POLICY "Users manage own sessions" ON focus_sessions FOR ALL USING (user_id = auth.uid());',
};
const without = (...names: (keyof typeof pieces)[]) =>
  [table, ...Object.entries(pieces).flatMap(([name, sql]) => (names.some((one) => one === name) ? [] : [sql]))].join(
    '\n',
  );

test('the sample is clean as written, and each piece that is missing is one finding before the file runs', async () => {
  assert.deepEqual(await told(without()), []);
  assert.deepEqual(await told(without('security')), ['1: table-without-row-security public.focus_sessions']);
  assert.deepEqual(await told(without('view')), []);
  assert.deepEqual(await told(without('view', 'manage')), ['1: table-without-policy public.focus_sessions']);
  assert.deepEqual(await told(without('user')), [
    '1: foreign-key-without-index focus_sessions_user_id_fkey on public.focus_sessions',
  ]);
  assert.deepEqual(await told(without('task')), [
    '1: foreign-key-without-index focus_sessions_task_id_fkey on public.focus_sessions',
  ]);
});

const open = 'create table a (id int primary key);';
const secured = `${open} alter table a enable row level security; create policy p on a using (true);`;

const tables: [of: string, sql: string, found: string[]][] = [
  [
    'one made from a query',
    '\n\n-- why\ncreate table a as select 1 as id;',
    ['4: table-without-row-security public.a'],
  ],
  ['a temporary one', 'create temp table a (id int);', []],
  ['one of another schema', 'create schema app; create table app.a (id int);', []],
  [
    'one that is renamed before',
    `${open} alter table a rename to b; alter table b enable row level security; create policy p on b using (true);`,
    [],
  ],
  ['one that moves away', `${open} alter table a set schema app;`, []],
  ['one that is dropped again', `${open} drop table a;`, []],
  [
    'one that is switched off again',
    `${secured} alter table a disable row level security;`,
    ['1: table-without-row-security public.a'],
  ],
  ['one whose policy is dropped again', `${secured} drop policy p on public.a;`, ['1: table-without-policy public.a']],
  [
    'one that a block of code may secure',
    `${open} do $$ begin execute 'alter table a enable row level security'; end $$;`,
    [],
  ],
  ['a materialized view', 'create materialized view a as select 1 as id;', []],
];
for (const [of, sql, found] of tables)
  test(`row level security of ${of}`, async () => assert.deepEqual(await told(sql), found));

test('the database decides who is a visitor, and what a new table is given', async () => {
  assert.deepEqual(await told(open, { exposure: { visitors: false } }), []);
  assert.deepEqual(await told(open, { exposure: { secured: true } }), []);
  assert.deepEqual(await told(open, { exposure: { byDefault: false } }), []);
  for (const grant of ['grant select on a to anon;', 'grant all on all tables in schema public to authenticated;'])
    assert.deepEqual(await told(open + grant, { exposure: { byDefault: false } }), [
      '1: table-without-row-security public.a',
    ]);
  const asked = foretellAdvice({
    files: [file('2', secured)],
    earlier: [],
    parser,
    askExposure: () => assert.fail('nothing is missing, nobody is asked'),
  });
  assert.deepEqual(await asked, []);
  const alone = await foretellAdvice({ files: [file('2', open)], earlier: [], parser });
  assert.equal(alone.length, 1, 'without a database a Supabase project is assumed');
});

const key = 'foreign key (a, b) references o (a, b)';
const keys: [of: string, sql: string, earlier: string, found: number][] = [
  ['an added column', 'alter table n add column o int references o (id);', 'create table n (id int);', 1],
  ['an index of an earlier file', 'alter table n add foreign key (o) references o (id);', 'create index on n (o);', 0],
  [
    'a column of a primary key',
    `alter table n add ${key};`,
    'create table n (b int, a int, primary key (b, a, id));',
    0,
  ],
  [
    'the second column of an index',
    'alter table n add foreign key (o) references o (id);',
    'create index on n (x, o);',
    1,
  ],
  [
    'an index of some rows',
    'alter table n add foreign key (o) references o (id); create index on n (o) where o > 1;',
    '',
    1,
  ],
  ['an expression', 'alter table n add foreign key (o) references o (id); create index on n (abs(o));', '', 1],
  [
    'an index that goes',
    'create index i on n (o); alter table n add foreign key (o) references o (id); drop index i;',
    '',
    1,
  ],
  [
    'a key that goes',
    'alter table n add constraint k foreign key (o) references o (id); alter table n drop constraint k;',
    '',
    0,
  ],
  ['a column that goes', 'alter table n add column o int references o (id); alter table n drop column o;', '', 0],
  [
    'a column that is renamed',
    'alter table n add column o int references o (id); alter table n rename o to p; create index on n (p);',
    '',
    0,
  ],
  [
    'a copy with indexes',
    'create temp table t (id int); create table n (like m including all, foreign key (o) references o (id)); alter table n enable row level security; create policy p on n using (true);',
    '',
    0,
  ],
  [
    'an earlier file that cannot be read',
    'alter table n add foreign key (o) references o (id);',
    'create tabel n (o int primary key);',
    1,
  ],
];
for (const [of, sql, earlier, found] of keys)
  test(`an index for a foreign key: ${of}`, async () => {
    const advice = await told(sql, { earlier });
    assert.equal(advice.length, found, advice.join());
    assert.ok(advice.every((line) => line.includes('foreign-key-without-index')));
  });
