import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onlySelect, readIntegrityQueries } from './only-select.ts';
import { loadSqlParser } from './sql-parser.ts';

const parser = await loadSqlParser();

test('a query that finds what is wrong is one SELECT that only reads, without what stands around it', () => {
  for (const sql of [
    'SELECT id FROM tasks WHERE project_id IS NULL',
    'WITH gone AS (SELECT id FROM tasks) SELECT id FROM gone',
    'VALUES (1)',
    "SELECT ';' FROM tasks -- all of them",
  ])
    assert.deepEqual(onlySelect(sql, parser), { sql });
  assert.deepEqual(onlySelect('  SELECT 1 ;\n', parser), { sql: 'SELECT 1' });
});

test('anything else is told by its reason, all of them at once, and without the text', () => {
  const given = {
    typo: 'SELEC id FROM tasks',
    empty: '-- later',
    two: 'SELECT 1; SELECT 2',
    delete: 'DELETE FROM tasks',
    hidden: 'WITH gone AS (DELETE FROM tasks RETURNING id) SELECT id FROM gone',
    into: 'SELECT id INTO copy FROM tasks',
    lock: 'SELECT id FROM tasks FOR UPDATE',
    deep: 'SELECT 1 FROM (SELECT id FROM tasks FOR SHARE) AS t',
    fine: 'SELECT 1',
  };
  const named = Object.entries(given).map(([name, sql]) => ({ name, sql }));
  const { queries, wrong } = readIntegrityQueries(named, parser);
  assert.deepEqual(queries, [{ name: 'fine', sql: 'SELECT 1' }]);
  assert.deepEqual(Object.fromEntries(wrong.map(({ name, why }) => [name, why])), {
    typo: 'cannot be read as SQL (line 1, column 1)',
    empty: 'holds no statement',
    two: 'holds 2 statements, not one',
    delete: 'is no SELECT',
    ...{ hidden: 'does not only read', into: 'does not only read' },
    ...{ lock: 'does not only read', deep: 'does not only read' },
  });
});
