import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { emptyDrillDatabase, markDrillDatabase, readDrillDatabase } from './drill-database.ts';
import { listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { createDatabase, query } from './test-database.ts';

const skip = (await listPostgres()).some((found) => found.server) ? false : 'no PostgreSQL server programs';

const contents = `
  CREATE SCHEMA app; CREATE TYPE app.mood AS ENUM ('good'); CREATE TABLE app.notes (id serial PRIMARY KEY, mood app.mood);
  CREATE TYPE public.pair AS (a int, b int); CREATE DOMAIN public.short AS text; CREATE TABLE public.odd ("Pa""ir" public.pair);
  CREATE VIEW public.looks AS SELECT * FROM app.notes; CREATE MATERIALIZED VIEW public.kept AS SELECT 1 AS one;
  CREATE SEQUENCE public.alone; CREATE FUNCTION public.say(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
  CREATE PROCEDURE public.act() LANGUAGE sql AS 'SELECT 1'; SELECT lo_from_bytea(0, 'a row')`;

describe('the database of a drill', { skip, concurrency: 1 }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  test('is emptied of all that was restored, its roles too, and loses its mark', async () => {
    const url = await createDatabase(cluster, contents);
    assert.deepEqual([(await readDrillDatabase(url)).tables, (await readDrillDatabase(url)).marked], [3, false]);
    await query(
      url,
      `CREATE ROLE "of'drill"; GRANT SELECT ON app.notes TO "of'drill"; GRANT USAGE ON SCHEMA public TO "of'drill"`,
    );
    await markDrillDatabase(url, []);
    await markDrillDatabase(url, ["of'drill"]);
    assert.equal((await readDrillDatabase(url)).marked, true);
    assert.equal(await emptyDrillDatabase(url), true);
    const after = await readDrillDatabase(url);
    assert.deepEqual([after.tables, after.marked], [0, false]);
    const left = await query<{ what: string }>(
      url,
      `SELECT relname::text AS what FROM pg_class WHERE relnamespace = 'public'::regnamespace
       UNION ALL SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace
       UNION ALL SELECT typname::text FROM pg_type WHERE typnamespace = 'public'::regnamespace
       UNION ALL SELECT nspname::text FROM pg_namespace WHERE nspname = 'app'
       UNION ALL SELECT oid::text FROM pg_largeobject_metadata
       UNION ALL SELECT rolname::text FROM pg_roles WHERE rolname = 'of''drill'`,
    );
    assert.deepEqual(left, []);
  });

  test('without the mark is not touched', async () => {
    const url = await createDatabase(cluster, contents);
    assert.equal(await emptyDrillDatabase(url), false);
    assert.equal((await readDrillDatabase(url)).tables, 3);
  });
});
