import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classifyQuery, judgeQueryTargets } from './judge-query-targets.ts';

for (const { text, kind } of [
  { text: 'SELECT id FROM notes WHERE id = $1', kind: 'simple select' },
  { text: 'select n.id from notes n left join users u on u.id = n.owner', kind: 'complex join' },
  { text: 'SELECT count(*) FROM notes JOIN users USING (id)', kind: 'aggregation' },
  { text: 'SELECT owner FROM notes GROUP\n BY owner', kind: 'aggregation' },
  { text: 'SELECT id FROM notes WHERE words @@ websearch_to_tsquery($1)', kind: 'full-text search' },
  { text: 'WITH x AS (SELECT $1) SELECT * FROM x', kind: 'simple select' },
  { text: 'INSERT INTO notes SELECT count(*) FROM old', kind: undefined },
  { text: 'SET search_path = $1', kind: undefined },
]) {
  test(`${text}: ${kind ?? 'no target'}`, () => assert.equal(classifyQuery(text), kind));
}

test('four queries with known times: the two beyond the limit of their kind are alerts, slowest first (DBD-13)', () => {
  const query = (text: string, meanMs: number) => ({ query: text, calls: 10, meanMs, totalMs: 10 * meanMs });
  const alerts = judgeQueryTargets([
    query('SELECT id FROM notes', 101),
    query('SELECT id FROM notes JOIN users USING (id)', 500),
    query("SELECT id FROM notes WHERE words @@ to_tsquery('a')", 1001),
    query('SELECT sum(size) FROM notes', 1999),
  ]);
  assert.deepEqual(
    alerts.map(({ kind, meanMs, alertMs }) => [kind, meanMs, alertMs]),
    [
      ['full-text search', 1001, 1000],
      ['simple select', 101, 100],
    ],
  );
});
