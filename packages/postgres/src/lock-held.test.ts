import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyMigrations } from './classify-migrations.ts';
import { loadSqlParser } from './sql-parser.ts';
import type { FactsOf } from './table-facts.ts';

const parser = await loadSqlParser();
const megabyte = 1024 ** 2;

/** Findings of this rule in the last of these files; `sizes` in MB by name. */
function judge(sql: string | string[], sizes?: Record<string, number>) {
  const files = [sql]
    .flat()
    .map((text, index) => ({ version: `${index}`, name: 'x', file: `${index}_x.sql`, sql: text }));
  const facts: FactsOf = ({ name }) =>
    sizes?.[name] === undefined
      ? undefined
      : { table: `public.${name}`, bytes: sizes[name] * megabyte, columns: {}, notNull: [], unvalidated: {} };
  return classifyMigrations(files, parser, { facts }).filter(({ rule }) => rule === 'lock-held');
}

const add = 'alter table notes add column slug text;';

describe('a strong lock that is held while later statements of the same file work', () => {
  for (const [name, sql] of Object.entries({
    update: `${add}\nupdate notes set slug = title where slug is null`,
    'update of all rows': `${add}\nupdate notes set slug = title`,
    'delete elsewhere': `${add}\ndelete from events where at < now()`,
    'rows copied': `${add}\ninsert into archive select * from events`,
    'rows of a join copied': `${add}\ncreate table fresh as select * from events e join notes n using (id)`,
    validation: 'alter table notes add constraint c check (a > 0) not valid;\nalter table notes validate constraint c',
    'an index of another table': `${add}\ncreate index i on events (at)`,
    'writers who wait': 'create trigger t after insert on notes execute function f();\nupdate events set a = 1 where b',
  })) {
    test(name, () => {
      const [finding, ...more] = judge(sql);
      assert.deepEqual(more, []);
      assert.deepEqual([finding?.severity, finding?.line], ['warn', 2]);
      assert.match(
        finding?.message ?? '',
        /^the lock that line 1 takes on notes \(.*\) is held until the file is committed, so its/,
      );
      assert.match(finding?.correction ?? '', /split it: what stands above this statement stays in 0_x\.sql/);
    });
  }

  test('the size of the table that is worked on decides: a small one is silent, a large one refused', () => {
    const sql = `${add} update notes set slug = title where slug is null`;
    assert.deepEqual(judge(sql, { notes: 50 }), []);
    const [warned] = judge(sql, { notes: 1000 });
    assert.deepEqual([warned?.severity, warned?.estimate?.seconds], ['warn', 5]);
    assert.match(warned?.message ?? '', /public\.notes has 1000 MB, so reads and writes would wait about 5 s/);
    const [refused] = judge(sql, { notes: 6000 });
    assert.equal(refused?.severity, 'refuse');
    assert.match(refused?.message ?? '', /database\.limits\.scan/);
    const accepted = `${add}\n-- ops:accept lock-held nobody works on Sundays\nupdate notes set slug = title where slug is null`;
    assert.equal(judge(accepted, { notes: 6000 })[0]?.severity, 'warn');
  });

  test('nothing waits where the file is split, the work comes first, or the table is new', () => {
    for (const sql of [
      [add, 'update notes set slug = title where slug is null'],
      `update notes set slug = title where slug is null; ${add}`,
      'create table fresh (id int); alter table fresh add a int; insert into fresh select * from events',
      `${add} insert into notes (slug) values ('a')`,
      `${add} create index concurrently i on events (at)`,
      'create index i on notes (a); create index j on notes (b)',
    ])
      assert.deepEqual(judge(sql), [], String(sql));
  });
});
