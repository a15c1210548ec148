import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyMigrations } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';
import type { FactsOf } from './table-facts.ts';

const parser = await loadSqlParser();

const facts = (bytes: number, columns: Record<string, string> = {}): FactsOf => {
  return ({ name }) =>
    name === 'notes'
      ? { table: 'public.notes', rows: 10_400_000, bytes, columns, notNull: ['b'], unvalidated: { late: 'c' } }
      : undefined;
};
const sized = (sql: string, bytes: number, columns?: Record<string, string>) =>
  classifyMigrations([{ version: '1', name: 'x', file: '1_x.sql', sql }], parser, { facts: facts(bytes, columns) });

for (const { sql, bytes, severity, says } of [
  {
    sql: 'alter table notes alter a type bigint',
    bytes: 8192,
    severity: 'warn',
    says: /reads and writes would wait less than a second$/,
  },
  {
    sql: 'alter table notes alter a type bigint',
    bytes: 10 * 1024 ** 3,
    severity: 'refuse',
    says: /about 10\.4 million rows, 10 GB, so reads and writes would wait about 4 min; refused from 1 GB on \(database\.limits\.rewrite\)$/,
  },
  {
    sql: 'create index i on notes (a)',
    bytes: 4 * 1024 ** 3,
    severity: 'warn',
    says: /writes would wait about 20 s$/,
  },
  { sql: 'create index i on notes (a)', bytes: 5 * 1024 ** 3, severity: 'refuse', says: /database\.limits\.scan/ },
  { sql: 'delete from notes', bytes: 2 * 1024 ** 3, severity: 'refuse', says: /writes would wait/ },
  {
    sql: 'alter table notes alter a type int using a::int',
    bytes: 2 * 1024 ** 3,
    severity: 'hold',
    says: /would wait/,
  },
]) {
  test(`size: ${sql} on ${bytes} bytes is ${severity}`, () => {
    const [finding, ...more] = sized(sql, bytes);
    assert.deepEqual(more, []);
    assert.equal(finding?.severity, severity);
    assert.match(finding?.message ?? '', says);
    assert.equal(finding?.estimate?.bytes, bytes);
  });
}

test('the live schema decides what a type change and SET NOT NULL cost', () => {
  const huge = 1024 ** 4;
  for (const sql of [
    'alter table notes alter v type varchar(40)',
    'alter table notes alter v type text',
    'alter table notes alter b set not null',
    'alter table notes validate constraint late; alter table notes alter c set not null',
  ])
    assert.deepEqual(sized(sql, huge, { v: 'character varying(20)' }), [], sql);
  assert.equal(sized('alter table notes alter v type varchar(10)', huge, { v: 'character varying(20)' }).length, 1);
  assert.equal(sized('alter table notes alter c set not null', huge)[0]?.severity, 'refuse');
});

test('an accepted finding warns on a table of any size', () => {
  const sql = '-- ops:accept type-change the site is closed tonight\nalter table notes alter a type bigint';
  assert.equal(sized(sql, 1024 ** 4)[0]?.severity, 'warn');
});
