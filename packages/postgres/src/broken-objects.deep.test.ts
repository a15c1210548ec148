import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { newlyBroken, readBrokenObjects } from './broken-objects.ts';
import { connect } from './connection.ts';

const installed = (await listPostgres()).some((found) => found.server);

test('what was broken beyond the first objects that are looked at is not told as broken by what ran', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, async () => {
  const cluster = await startCluster();
  try {
    const url = await createDatabase(
      cluster,
      `SET check_function_bodies = off;
       DO $$ BEGIN
         FOR i IN 101..400 LOOP EXECUTE format('CREATE FUNCTION f%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', i); END LOOP;
         FOR i IN 101..600 LOOP EXECUTE format('CREATE VIEW v%s AS SELECT 1 AS one', i); END LOOP;
       END $$;
       CREATE FUNCTION z() RETURNS int LANGUAGE sql AS 'SELECT nothing_there';
       CREATE VIEW z1 AS SELECT 1 / 0 AS x; CREATE VIEW z2 AS SELECT 1 / 0 AS x`,
    );
    const connection = await connect(url, { applicationName: 'test' });
    try {
      const before = await readBrokenObjects(connection);
      assert.deepEqual([before.functions.unchecked, before.views.unread], [['public.z()'], ['public.z1', 'public.z2']]);
      await query(url, 'DROP FUNCTION f101(); DROP VIEW v101, v102');
      const after = await readBrokenObjects(connection);
      const broken = [...after.functions.broken.keys(), ...after.views.broken.keys()];
      assert.deepEqual(broken, ['public.z()', 'public.z1', 'public.z2']);
      assert.deepEqual(newlyBroken(before, after).faults, []);
    } finally {
      await connection.close();
    }
  } finally {
    await cluster.stop();
  }
});
