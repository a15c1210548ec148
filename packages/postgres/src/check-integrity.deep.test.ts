import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { checkIntegrity } from './check-integrity.ts';
import { connect } from './connection.ts';

const installed = (await listPostgres()).some((found) => found.server);

test('a look at a database counts what is wrong, and a query that goes on behind a semicolon changes nothing', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const cluster = await startCluster();
  try {
    const url = await createDatabase(cluster, 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2)');
    const connection = await connect(url, { applicationName: 'test' });
    const checks = {
      tables: ['public.notes', 'notes', 'public.gone'],
      timeoutMs: 5_000,
      queries: [
        { name: 'orphans', sql: 'SELECT FROM notes' },
        { name: 'none', sql: 'SELECT 1 WHERE false -- all is well' },
        { name: 'greedy', sql: 'SELECT 1) AS a; COMMIT; DELETE FROM notes; SELECT FROM (SELECT 1' },
        { name: 'slow', sql: 'SELECT pg_catalog.pg_sleep(9)' },
      ],
    };
    try {
      const { faults, passed } = await checkIntegrity(connection, { ...checks, countRows: true, timeoutMs: 1_000 });
      assert.deepEqual(faults, [
        'table public.gone is missing',
        'orphans: 2 rows',
        'greedy: cannot be checked (SQLSTATE 42601)',
        'slow: cannot be checked (SQLSTATE 57014)',
      ]);
      assert.deepEqual(passed, ['table public.notes: 2 rows', 'table notes: 2 rows', 'none: nothing found']);
      const uncounted = await checkIntegrity(connection, { ...checks, queries: [] });
      assert.deepEqual(uncounted.passed, ['table public.notes is there', 'table notes is there']);
    } finally {
      await connection.close();
    }
    assert.equal((await query(url, 'SELECT FROM notes')).length, 2);
  } finally {
    await cluster.stop();
  }
});
