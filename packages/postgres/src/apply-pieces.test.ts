import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { query, untilRows } from '#backup/test-database';
import { applyMigrations } from './apply-migrations.ts';
import { connect } from './connection.ts';
import { openMigrationSession } from './migration-session.ts';
import type { MigrationFile } from './read-migrations.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('a file that commits by itself', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let counter = 0;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster?.stop());

  async function database(): Promise<string> {
    const name = `pieces${++counter}`;
    await query(cluster.url, `CREATE DATABASE ${name}`);
    const url = new URL(cluster.url);
    url.pathname = `/${name}`;
    return url.href;
  }
  async function apply(url: string, sql: string, signal?: AbortSignal) {
    const file: MigrationFile = { version: '1', name: 'n', file: '1_n.sql', sql };
    const session = await openMigrationSession(url);
    const lines: string[] = [];
    const options = { pending: [file], applied: [], log: (line: string) => void lines.push(line), attempts: 1 };
    const outcome = await applyMigrations(session, signal === undefined ? options : { ...options, signal }).finally(
      () => session.close(),
    );
    return { ...outcome, lines };
  }
  const marker = (url: string) => query(url, 'SELECT done, started FROM supabase_migrations.ops_actions_marker');
  const recorded = async (url: string) =>
    (await query(url, 'SELECT version FROM supabase_migrations.schema_migrations')).length === 1;

  const bad = `create table a (id int);
insert into a values (1), (1);
create index concurrently i on a (id);
create unique index concurrently u on a (id);
create table b ();`;

  test('a piece that makes the session read only fails with its place, and what runs alone in a schema does', async () => {
    const url = await database();
    const sql =
      'create table a (id int); reindex schema public; cluster;\nset default_transaction_read_only = on; commit;\nvacuum;';
    const { failure } = await apply(url, sql);
    assert.deepEqual([failure?.sqlstate, failure?.line, failure?.statementsKept], ['25006', 3, 4]);
  });

  test('a failure says what stays and where, and the corrected file goes on after it', async () => {
    const url = await database();
    const first = await apply(url, bad);
    assert.deepEqual(
      [first.failure?.reasonCode, first.failure?.sqlstate, first.failure?.line, first.failure?.statementsKept],
      ['sql_error', '23505', 4, 3],
    );
    assert.deepEqual([await marker(url), await recorded(url)], [[{ done: 3, started: null }], false]);
    const second = await apply(url, bad.replace('unique index concurrently u', 'index concurrently u'));
    assert.equal(second.outcome, 'applied', second.failure?.message);
    assert.ok(second.lines.some((line) => line.includes('was interrupted after 3 of its statements')));
    assert.ok(await recorded(url));
    assert.deepEqual(await query(url, 'SELECT count(*)::int AS rows FROM a'), [{ rows: 2 }]);
    await assert.rejects(marker(url), /does not exist/);
  });

  test('a file whose applied part was edited is refused', async () => {
    const url = await database();
    await apply(url, bad);
    const edited = await apply(url, bad.replace('(1), (1)', '(1), (2)'));
    assert.equal(edited.failure?.reasonCode, 'interrupted');
    assert.match(edited.failure?.message ?? '', /first 3 statements .* were edited since/);
  });

  test('a death during a statement whose effect cannot be seen is reported with its place and the repair', async () => {
    const url = await database();
    const sql = 'create table a (id int); create index i on a (id);\ndrop index concurrently i;\ncreate table b ();';
    const cut = await apply(url, sql.replace('index concurrently i', 'index concurrently nowhere'));
    assert.equal(cut.failure?.statementsKept, 2);
    // As a session leaves it that is lost while the statement runs.
    await query(url, 'UPDATE supabase_migrations.ops_actions_marker SET started = 2');
    const stuck = await apply(url, sql);
    assert.equal(stuck.failure?.reasonCode, 'interrupted');
    assert.match(
      stuck.failure?.message ?? '',
      /statement 3 \(line 2\) .* SET started = NULL, done = 2 WHERE version = '1'/,
    );
    await query(url, `UPDATE supabase_migrations.ops_actions_marker SET started = NULL, done = 2 WHERE version = '1'`);
    assert.equal((await apply(url, sql)).outcome, 'applied');
    assert.ok(await recorded(url));
  });

  test('a session that dies in the middle of an index build goes on and builds it once', async () => {
    const url = await database();
    await query(url, 'create table held (id int)');
    const holder = await connect(url, { applicationName: 'holder' });
    await holder.query('begin; insert into held values (1)');
    const sql = 'create table a (id int); create index concurrently i on held (id); create table b ();';
    const running = apply(url, sql);
    await untilRows(
      cluster.url,
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'create index concurrently i%' AND wait_event_type = 'Lock'`,
    );
    const died = await running;
    assert.notEqual(died.outcome, 'applied');
    await holder.close();
    const again = await apply(url, sql);
    assert.equal(again.outcome, 'applied', again.failure?.message);
    assert.deepEqual(await query(url, `SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = 'i'::regclass`), [
      { valid: true },
    ]);
    assert.ok(await recorded(url));
  });
});
