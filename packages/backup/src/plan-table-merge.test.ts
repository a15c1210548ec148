import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderByReferences, planTableMerge } from './plan-table-merge.ts';
import { findTables } from './restore-beside.ts';
import type { TableColumn, TableShape } from './table-shape.ts';

const column = (name: string, more: Partial<TableColumn> = {}): TableColumn => ({
  ...{ name, type: 'text', generated: false, identityAlways: false },
  ...more,
});
const shape = (name: string, more: Partial<TableShape> = {}): TableShape => ({
  ...{ name, partitioned: false, primaryKey: ['id'], references: [] },
  columns: [column('id', { identityAlways: true, sequence: 'public.tasks_id_seq' }), column('title')],
  ...more,
});

test('the columns of both sides take part, a generated one never, an identity only where a row is new', () => {
  const live = shape('public.tasks', {
    columns: [...shape('').columns, column('size', { generated: true }), column('later')],
  });
  const backup = shape('public.tasks', { columns: [...shape('').columns, column('size'), column('earlier')] });
  const plan = planTableMerge(live, backup, 'r.t1_tasks');
  assert.ok(typeof plan !== 'string');
  assert.match(plan.insert, /INSERT INTO public\.tasks \(id, title\) OVERRIDING SYSTEM VALUE/);
  assert.match(plan.overwrite ?? '', /^WITH made AS \(UPDATE ONLY public\.tasks AS l SET title = b\.title FROM/);
  assert.match(plan.count, /ROW\(l\.title::text\) IS DISTINCT FROM ROW\(b\.title::text\)/);
  assert.doesNotMatch(`${plan.insert} ${plan.overwrite}`, /DELETE/);
  assert.equal(plan.sequences.length, 1);
  assert.deepEqual(plan.remarks, [
    'public.tasks.later is not in the backup: rows that come back have its default',
    'public.tasks.earlier is not in the live table any more: only the copy has it',
  ]);
});

test('without a primary key on both sides nobody can say which rows are the same', () => {
  const tasks = shape('public.tasks');
  assert.match(
    String(planTableMerge(shape('public.log', { primaryKey: [] }), tasks, 'c')),
    /^public\.log has no primary/,
  );
  const before = shape('public.tasks', { columns: [column('title')] });
  assert.match(String(planTableMerge(tasks, before, 'c')), /had no id then/);
  const keyOnly = shape('public.tags', { columns: [column('id')] });
  const plan = planTableMerge(keyOnly, keyOnly, 'c');
  assert.ok(typeof plan !== 'string' && plan.overwrite === undefined);
});

test('parents come before what points to them, and a ring ends', () => {
  const tables = [
    shape('a', { references: ['b', 'x'] }),
    shape('b', { references: ['c', 'b'] }),
    shape('c', { references: ['a'] }),
  ];
  assert.deepEqual(
    orderByReferences(tables).map(({ name }) => name),
    ['c', 'b', 'a'],
  );
});

test('a table is asked for as SQL writes it, public may be left out', () => {
  assert.deepEqual(findTables(['tasks', 'app.x', 'public.tasks', 'no'], ['public.tasks', 'app.x']), {
    tables: ['public.tasks', 'app.x'],
    unknown: ['no'],
  });
});
