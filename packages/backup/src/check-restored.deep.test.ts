import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkRestored } from './check-restored.ts';
import { listPostgres } from './find-postgres.ts';
import { startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);

test('a look at a restored database counts what is wrong, and a query that goes on behind a semicolon changes nothing', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const cluster = await startCluster();
  try {
    const url = await createDatabase(cluster, 'CREATE TABLE notes (id int); INSERT INTO notes VALUES (1), (2)');
    const { faults, seen } = await checkRestored(url, {
      tables: ['public.notes', 'public.gone'],
      queries: [
        { name: 'orphans', sql: 'SELECT FROM notes' },
        { name: 'none', sql: 'SELECT 1 WHERE false -- all is well' },
        { name: 'greedy', sql: 'SELECT 1) AS a; COMMIT; DELETE FROM notes; SELECT FROM (SELECT 1' },
      ],
    });
    assert.deepEqual(faults, ['public.gone is missing', 'orphans: 2 rows', 'greedy: cannot be checked (42601)']);
    assert.deepEqual(seen, ['public.notes: 2 rows']);
    assert.equal((await query(url, 'SELECT FROM notes')).length, 2);
  } finally {
    await cluster.stop();
  }
});
