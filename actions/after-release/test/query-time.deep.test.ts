import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createRunner } from '#action-kit/runner';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import type { QueryTotals } from '#postgres/doctor/read-query-totals';
import { look } from '../src/look.ts';

const minute = 60_000;
let cluster: Cluster;
let admin: pg.Client;
before(async () => {
  cluster = await startCluster({ listen: 'tcp' });
  admin = new pg.Client({ connectionString: cluster.url });
  await admin.connect();
});
after(async () => {
  await admin?.end();
  await cluster?.stop();
});

/** The views of the extension with rows that a test chooses: it counts only where it was loaded at the server's start. */
async function standIn(): Promise<void> {
  await admin.query(`CREATE SCHEMA "Ext"; CREATE EXTENSION pg_stat_statements SCHEMA "Ext";
    ALTER EXTENSION pg_stat_statements DROP VIEW "Ext".pg_stat_statements; DROP VIEW "Ext".pg_stat_statements;
    ALTER EXTENSION pg_stat_statements DROP VIEW "Ext".pg_stat_statements_info; DROP VIEW "Ext".pg_stat_statements_info;
    CREATE TABLE "Ext".rows (query text, calls bigint, total float8);
    CREATE VIEW "Ext".pg_stat_statements AS
      SELECT d.oid AS dbid, r.query, r.calls, r.total AS total_exec_time, r.total / r.calls AS mean_exec_time
        FROM pg_database AS d, "Ext".rows AS r WHERE d.datname = current_database();
    CREATE VIEW "Ext".pg_stat_statements_info AS SELECT 0::bigint AS dealloc, '2026-01-01Z'::timestamptz AS stats_reset`);
}

test('database latency doubled: the look says so, by the sums of pg_stat_statements (PDW-05)', async () => {
  const promotedAt = Date.now() - 30 * minute;
  const runner = createRunner({ environment: { GITHUB_WORKSPACE: '/' }, write: () => {} });
  let kept: (QueryTotals & { at: number }) | undefined;
  const found = async () => {
    const about = {
      github: {},
      wanted: new Set(['queries']),
      commit: '',
      promotedAt,
      facts: { decision: 'released', ...(kept && { queriesBefore: kept }) },
      keepQueries: async (totals: QueryTotals) => {
        kept = { ...totals, at: promotedAt + minute };
      },
    };
    const settings = { environment: 'production', database: {}, smoke: {} };
    const given = { databaseUrl: cluster.url, loginRole: false };
    return (await look(runner, given as never, settings as never, about as never)).get('queries');
  };
  assert.deepEqual(await found(), {
    verdict: 'needs-confirmation',
    value: 'the extension pg_stat_statements is not there',
  });
  await standIn();
  await admin.query(`INSERT INTO "Ext".rows VALUES ('SELECT $1', 60000, 120000), ('  with a as (select 1) select', 40000, 80000),
    ('COPY public.notes TO STDOUT', 1, 900000), ('CREATE INDEX ON notes (id)', 1, 900000)`);
  assert.equal((await found())?.verdict, 'open');
  assert.deepEqual([kept?.calls, kept?.totalMs], [100_000, 200_000], 'a dump and an index say nothing of queries');
  await admin.query(`UPDATE "Ext".rows SET calls = calls + 5000, total = total + 10500 WHERE query = 'SELECT $1'`);
  const same = await found();
  assert.equal(same?.verdict, 'pass', same?.value);
  await admin.query(`UPDATE "Ext".rows SET calls = calls + 5000, total = total + 40000 WHERE query = 'SELECT $1'`);
  const doubled = await found();
  assert.deepEqual(
    [doubled?.verdict, doubled?.value],
    ['fail', 'queries take 5.05 ms on average, 2.00 ms before the release'],
  );
});
