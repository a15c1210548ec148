import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import type { BackupManifest } from '#backup/manifest';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { embeddedPresets } from '#config/embedded-presets';
import { loadConfig } from '#config/load-config';
import type { WayBackOfDatabase } from '#config/settings';
import { brokenViews } from '#postgres/broken-objects';
import { connect } from '#postgres/connection';
import { migrateOptions, migrationPorts } from '../test/fixture.ts';
import { startScratch } from './backup-step.ts';
import { type MigrationPorts, migrate } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';
import { renderMigration } from './render-migration.ts';
import { runCommand } from './run-command.ts';

const installed = (await listPostgres()).some((found) => found.server);

const skip = installed ? false : 'no PostgreSQL server programs on this machine';

// Two at once, because one of them waits for a lock most of the time.
describe('modes of migrate', { skip, concurrency: 2 }, () => {
  let cluster: Cluster;
  /** Each rehearsal has a database of its own on it: a server for each would take most of the time. */
  let scratch: Cluster;
  let root: string;
  let counter = 0;
  before(async () => {
    [cluster, scratch] = await Promise.all([startCluster(), startCluster()]);
    root = await mkdtemp(join(tmpdir(), 'migrate-modes-'));
  });
  after(async () => {
    await cluster?.stop();
    await scratch?.stop();
    if (root !== undefined) await rm(root, { recursive: true });
  });

  async function query<Row extends object>(url: string, sql: string): Promise<Row[]> {
    const connection = await connect(url, { applicationName: 'test' });
    return await connection.query<Row>(sql).finally(() => connection.close());
  }
  async function emptyDatabase(server: Cluster): Promise<string> {
    const name = `case${++counter}`;
    await query(server.url, `CREATE DATABASE ${name}`);
    return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
  }
  /** A database and a folder of their own for one test, and what a run of them ends with. */
  async function world(files: Record<string, string>) {
    const url = await emptyDatabase(cluster);
    const directory = await mkdtemp(join(root, 'folder-'));
    const lines: string[] = [];
    const write = async (more: Record<string, string>) => {
      for (const [file, sql] of Object.entries(more)) await writeFile(join(directory, file), sql);
    };
    await write(files);
    const run = async (more: Partial<MigrateOptions> = {}, given: Partial<MigrationPorts> = {}) => {
      const options = migrateOptions({ url, directory, ...more });
      const log = (line: string) => void lines.push(line);
      const { signal } = new AbortController();
      const ports = migrationPorts({
        log,
        signal,
        checkBackup: async () => undefined,
        newestBackup: async () => undefined,
        run: (command) => runCommand(command, options, { workspace: directory, environment: 'test', signal, log }),
        changedMigrations: async () => undefined,
        scratch: async () => ({ url: await emptyDatabase(scratch), stop: async () => {} }),
        ...given,
      });
      return renderMigration(await migrate(options, ports), options);
    };
    const tables = async () =>
      (
        await query<{ name: string }>(
          url,
          `SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
        )
      ).map((row) => row.name);
    const history = async () =>
      (
        await query<{ version: string }>(url, 'SELECT version FROM supabase_migrations.schema_migrations ORDER BY 1')
      ).map((row) => row.version);
    return { url, run, write, tables, history, lines };
  }

  test('contract files are held, and applied by phase contract', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int, old int)' });
    await one.run();
    await one.write({ '2_b.sql': 'create table b (id int)', '3_drop.sql': 'alter table a drop column old' });
    const first = await one.run();
    assert.deepEqual([first.decision, first.outputs?.held], ['applied', '["3_drop.sql"]'], first.summary);
    assert.deepEqual(await one.history(), ['1', '2']);
    const second = await one.run();
    assert.deepEqual([second.decision, second.reasonCode, second.failed], ['nothing-pending', 'held', false]);
    await one.write({ '4_c.sql': 'create table c (id int)' });
    const behind = await one.run();
    assert.deepEqual([behind.decision, behind.reasonCode], ['refused', 'unsafe_migration']);
    assert.match(behind.summary, /4_c\.sql .*3_drop\.sql before it is held.* git mv 3_drop\.sql 5_drop\.sql/);
    // A restore point of its own comes first; without one nothing is dropped.
    const asked: string[] = [];
    const backup = { backup: 'required', phase: 'contract' } as const;
    const createBackup = async () => {
      asked.push(await one.history().then(String));
      return { reasonCode: 'destination_full', message: 'no room' };
    };
    const none = await one.run(backup, { createBackup });
    assert.deepEqual([none.decision, none.reasonCode, asked], ['failed', 'destination_full', ['1,2']]);
    // Blue is still kept: what its code needs stays, and no backup is made for it (BGD-07).
    const kept = await one.run(backup, {
      stillNeeded: async () => 'v1.0.0 (dpl_blue) is kept to go back to until 12:15 UTC',
      createBackup: () => assert.fail('a backup was started'),
    });
    assert.equal(kept.decision, 'refused');
    assert.match(kept.summary, /3_drop\.sql.*v1\.0\.0 \(dpl_blue\) is kept to go back to until 12:15 UTC/);
    const expands = await one.run({}, { stillNeeded: () => assert.fail('nothing goes') });
    assert.deepEqual(await one.history(), ['1', '2'], expands.summary);
    // Somebody goes back while the restore point is made: nothing is taken from under the older code (S1).
    let looks = 0;
    const overtaken = await one.run(
      { phase: 'contract' },
      { stillNeeded: async () => (looks++ === 0 ? undefined : 'a rollback has begun: checkout is down') },
    );
    assert.deepEqual([overtaken.decision, await one.history()], ['refused', ['1', '2']], overtaken.summary);
    assert.match(overtaken.summary, /3_drop\.sql.*a rollback has begun: checkout is down/);
    // Cleaned up: nobody needs it any more.
    const third = await one.run({ phase: 'contract' }, { stillNeeded: async () => undefined });
    assert.deepEqual(
      [third.decision, third.outputs?.applied, third.outputs?.held],
      ['applied', '["3_drop.sql"]', '["4_c.sql"]'],
    );
  });

  test('the Data API has to know what was made, before anything else goes on', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int); create index i on a (id)' });
    const asked: unknown[] = [];
    const proven = await one.run(
      {},
      {
        proveSchemaCache: async (objects, reload) => {
          asked.push(...objects);
          await reload();
          return { outcome: 'fresh', known: 1, unproven: [], seconds: 0.1 };
        },
      },
    );
    assert.deepEqual([proven.decision, asked], ['applied', [{ schema: 'public', relation: 'a' }]], proven.summary);
    await one.write({ '2_b.sql': 'alter table a add column b int' });
    const stale = await one.run(
      {},
      { proveSchemaCache: async () => ({ outcome: 'stale', missing: ['a.b'], seconds: 60 }) },
    );
    assert.deepEqual([stale.decision, stale.reasonCode], ['failed', 'schema_cache_stale']);
    assert.match(stale.summary, /2_b\.sql applied .*after 60 s the Data API does not know a\.b/);
    await one.write({ '3_c.sql': 'create table c ()' });
    const unasked = await one.run(
      {},
      { proveSchemaCache: async () => ({ outcome: 'could-not-ask', reasonCode: 'x', message: 'refused' }) },
    );
    assert.deepEqual([unasked.decision, unasked.reasonCode], ['failed', 'schema_cache_unproven']);
    await one.write({ '4_i.sql': 'create index on a (b)' });
    const nothing = await one.run({}, { proveSchemaCache: () => assert.fail('nothing to know') });
    assert.equal(nothing.decision, 'applied');
    await one.write({ '5_d.sql': 'create table d ()' });
    const keyless = await one.run({}, { proveSchemaCache: 'no-key' });
    assert.equal(keyless.decision, 'applied');
    assert.deepEqual(keyless.details?.schemaCache, { outcome: 'not-asked' });
    assert.match(keyless.summary, /; the Data API was told .* not asked whether it did: give data-api-key/);
    assert.match(keyless.jobSummary ?? '', /not asked whether it did: give data/);
    await one.write({ '6_i.sql': 'create index on d ((1))' });
    const unchanged = await one.run({}, { proveSchemaCache: 'no-key' });
    assert.doesNotMatch(`${unchanged.summary}${JSON.stringify(unchanged.details)}`, /Data API|schemaCache/);
    await one.write({ '7_e.sql': 'create table e ()' });
    const without = await one.run();
    assert.doesNotMatch(`${without.summary}${JSON.stringify(without.details)}`, /Data API|schemaCache/);
  });

  test('an applied file that was edited is named; white space, semicolons and comments do not count', async () => {
    const one = await world({ '1_a.sql': "create table a (id int);\n-- why\ninsert into a values (1);\nselect ';'" });
    await one.run();
    await one.write({
      '1_a.sql': "/* é */ create table a (\r\n  id int);;\r\ninsert into a\tvalues (1); select ';';\n",
    });
    const same = await one.run();
    assert.deepEqual([same.decision, same.details?.findings], ['nothing-pending', []]);
    await one.write({ '1_a.sql': "create table a (id int); insert into a values (2); select ';'" });
    const warned = await one.run();
    assert.equal(warned.decision, 'nothing-pending');
    assert.match(JSON.stringify(warned.details?.findings), /"rule":"edited","severity":"warn"/);
    await one.write({ '2_b.sql': 'create table b (id int)' });
    const refused = await one.run();
    assert.equal(refused.decision, 'refused');
    assert.match(refused.summary, /1_a\.sql .*changed after version 1 was applied.*new migration/);
    await query(one.url, 'UPDATE supabase_migrations.schema_migrations SET statements = NULL');
    assert.equal((await one.run()).decision, 'applied', 'a row without a text cannot be compared');
  });

  test('a table that something deletes behind the run is a failed migration that names it', async () => {
    const one = await world({
      '1_a.sql': 'create table focus_sessions (id int)',
      '2_b.sql': "do $$ begin execute 'drop table focus_sessions'; end $$",
    });
    const kept = await one.run();
    assert.deepEqual([kept.decision, kept.reasonCode], ['failed', 'objects_missing']);
    assert.match(kept.summary, /the database does not have table focus_sessions/);
  });

  test('a late file is refused, and applied with include-all', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int)', '3_c.sql': 'create table c (id int)' });
    await one.run();
    await one.write({ '2_b.sql': 'create table b (id int)' });
    const refused = await one.run();
    assert.equal(refused.decision, 'refused');
    assert.match(refused.summary, /2_b\.sql .*git mv 2_b\.sql 4_b\.sql; or include-all/);
    const applied = await one.run({ includeAll: true });
    assert.deepEqual([applied.decision, applied.outputs?.applied], ['applied', '["2_b.sql"]']);
    assert.match(JSON.stringify(applied.details?.findings), /include-all lets it run now/);
    assert.deepEqual(await one.history(), ['1', '2', '3']);
  });

  test('the size of the live table refuses what a small one only warns of, until it is accepted', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int); insert into a select generate_series(1, 5000)' });
    await one.run();
    const change = 'alter table a alter id type bigint';
    await one.write({ '2_b.sql': change });
    const limits = { rewriteBytes: 64 * 1024, scanBytes: 64 * 1024 };
    const plan = await one.run({ mode: 'plan' });
    assert.match(JSON.stringify(plan.details?.findings), /"rule":"type-change","severity":"warn".*public\.a has .*KB/);
    const [planned] = (plan.details?.plan ?? []) as { locks: { table: string; lock: string; work: string }[] }[];
    assert.deepEqual(
      planned?.locks.map(({ table, lock, work }) => [table, lock, work]),
      [['public.a', 'ACCESS EXCLUSIVE', 'rewrite']],
    );
    assert.match(plan.jobSummary ?? '', /`public\.a` \| .*KB \| ACCESS EXCLUSIVE, rewrite \| everything/);
    const refused = await one.run({ limits });
    assert.match(refused.summary, /refused from 64 KB on \(database\.limits\.rewrite\)/);
    await one.write({ '2_b.sql': `-- ops:accept type-change nobody works at night\n${change}` });
    const applied = await one.run({ limits });
    assert.equal(applied.decision, 'applied', applied.summary);
    assert.match(applied.jobSummary ?? '', /accepted: nobody works at night/);
  });

  test('to-version applies up to and including it', async () => {
    const one = await world({
      '1_a.sql': 'create table a ()',
      '2_b.sql': 'create table b ()',
      '3_c.sql': 'create table c ()',
    });
    const result = await one.run({ toVersion: '2' });
    assert.deepEqual(
      [result.decision, result.outputs?.pending, await one.tables()],
      ['applied', '["3_c.sql"]', ['a', 'b']],
    );
    assert.equal((await one.run({ toVersion: '9' })).reasonCode, 'unsafe_migration');
  });

  test('a database with objects and no history needs a baseline, which replays and compares', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int)', '2_b.sql': 'create table b (id int)' });
    await query(one.url, 'create table a (id int); create table b (id bigint)');
    const refused = await one.run();
    assert.match(refused.summary, /nobody knows which files it already has/);
    const differs = await one.run({ mode: 'baseline', toVersion: '2' });
    assert.deepEqual([differs.decision, differs.reasonCode], ['refused', 'schema_differs'], differs.summary);
    assert.deepEqual(differs.details?.differences, ['- column public.b.id integer', '+ column public.b.id bigint']);
    await query(one.url, 'drop table b');
    const recorded = await one.run({ mode: 'baseline', toVersion: '1' });
    assert.deepEqual([recorded.decision, await one.history()], ['baselined', ['1']], recorded.summary);
    const applied = await one.run();
    assert.deepEqual([applied.decision, await one.tables()], ['applied', ['a', 'b']]);
    assert.equal((await one.run({ mode: 'baseline', toVersion: '2' })).reasonCode, 'history_not_empty');
  });

  test('rollback runs rehearsed rollback SQL, newest first, and forgets the versions', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int)',
      '2_b.sql': 'create table b (id int);\ncreate index i on b (id);\n-- rollback\n-- drop table b;\n',
      '3_c.sql': 'alter table a add column c int',
      '3_c.down.sql': 'alter table a drop column c',
    });
    const plan = await one.run({ mode: 'plan' });
    assert.match(plan.summary, /forward fix only: no rollback SQL for 1_a\.sql;/);
    assert.equal((await one.run()).decision, 'applied');
    // A fresh restore point comes first, and without one nothing is taken back.
    const unsaved = await one.run(
      { mode: 'rollback', toVersion: '1', backup: 'required' },
      { createBackup: async () => ({ reasonCode: 'destination_full', message: 'no room' }) },
    );
    assert.deepEqual(
      [unsaved.decision, unsaved.reasonCode, await one.history()],
      ['failed', 'destination_full', ['1', '2', '3']],
    );
    // Somebody applied a further file since the release did: that one is not the release's to take back.
    const others = await one.run({ mode: 'rollback', toVersion: '1', onlyVersions: ['2'] });
    assert.deepEqual([others.decision, others.reasonCode], ['refused', 'others_applied'], others.summary);
    assert.match(others.summary, /^3 would go back, too, and this run did not apply it; nothing was changed/);
    assert.deepEqual(await one.history(), ['1', '2', '3']);
    const result = await one.run({ mode: 'rollback', toVersion: '1', onlyVersions: ['2', '3'] });
    assert.deepEqual(
      [result.decision, result.details?.rolledBack],
      ['rolled-back', ['3_c.sql', '2_b.sql']],
      result.summary,
    );
    assert.deepEqual([await one.history(), await one.tables()], [['1'], ['a']]);
    assert.equal((await one.run({ mode: 'rollback', toVersion: '1' })).decision, 'nothing-pending');
    const missing = await one.run({ mode: 'rollback', toVersion: '0' });
    assert.deepEqual([missing.decision, missing.reasonCode], ['refused', 'rollback_sql_missing']);
  });

  test('an error in the second undo leaves everything as it was, where no statement commits by itself', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int)',
      '2_b.sql': 'create table b (id int);\n-- rollback\n-- drop table b;',
      '3_c.sql':
        'create table c (id int);\n-- rollback\n-- begin;\n-- set role pg_monitor; reset role;\n-- drop table c;\n-- commit;',
      '4_d.sql': 'create table d (id int)',
      '4_d.down.sql': "-- é😀 '\nset lock_timeout = 0;\nset search_path = nowhere;\ndrop table public.d",
    });
    await one.run();
    // Only here, not on scratch: something else needs what the oldest file made.
    await query(one.url, 'create view v as select * from b');
    const failed = await one.run({ mode: 'rollback', toVersion: '1' });
    assert.deepEqual([failed.decision, failed.reasonCode], ['failed', 'sql_error'], failed.summary);
    assert.match(failed.summary, /rollback of 2_b\.sql failed: cannot drop table b .*one transaction.* is as it was/);
    assert.deepEqual(
      [await one.tables(), await one.history()],
      [
        ['a', 'b', 'c', 'd'],
        ['1', '2', '3', '4'],
      ],
    );
    const { failure } = failed.details as { failure: { line: number; statement: string } };
    assert.deepEqual([failure.line, failure.statement], [1, 'drop table b']);
    await query(one.url, 'drop view v');
    const done = await one.run({ mode: 'rollback', toVersion: '1' });
    assert.deepEqual(
      [done.decision, done.details?.rolledBack, done.details?.together],
      ['rolled-back', ['4_d.sql', '3_c.sql', '2_b.sql'], true],
    );
    assert.deepEqual([await one.tables(), await one.history()], [['a'], ['1']]);
  });

  test('after a rollback tables, queries and views are looked at, and functions, and what is broken now is named', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int, x int)',
      '2_b.sql': 'alter table a add column y int;\n-- rollback\n-- alter table a drop column y;',
    });
    await one.run();
    // By hand, so that no rehearsal knows of them: PostgreSQL does not see what is in the body of a function.
    await query(
      one.url,
      `insert into a values (1, null, 2);
       create function f() returns setof int language sql as 'select y from public.a';
       create view v as select f() as y; create view old as select f() / 0 as z; create view "Good one" as select id from a`,
    );
    const checks = [
      { name: 'orphans', sql: 'select id from public.a where x is null' },
      { name: 'escape', sql: 'select 1) q; drop table public.a; select (1' },
      { name: 'order', sql: 'select id from public.a where id > 5 -- nothing' },
    ];
    const back = { byName: true, limitMs: 60_000, tables: ['a', 'tasks'], checks };
    const failed = await one.run({ mode: 'rollback', toVersion: '1', back });
    assert.deepEqual([failed.decision, failed.reasonCode], ['failed', 'integrity_failed'], failed.summary);
    assert.deepEqual(failed.details?.faults, [
      'table tasks is missing',
      'orphans: 1 row',
      'escape: cannot be checked (SQLSTATE 42601)',
      'view public.v cannot be read any more (SQLSTATE 42703)',
      'function public.f() does not fit the schema any more: column "y" does not exist (42703)',
    ]);
    assert.deepEqual(failed.details?.checks, ['table a is there', 'order: nothing found']);
    assert.deepEqual([await one.tables(), await one.history()], [['a'], ['1']], 'it went back all the same');
  });

  test('a view that is too slow to be read is neither broken nor counted, and the look at all of them ends', async () => {
    const { url } = await world({});
    await query(
      url,
      'create view a as select 1; create view b as select pg_sleep(10)::text; create view c as select 2 as x; create view d as select 1 / 0',
    );
    const connection = await connect(url, { applicationName: 'test' });
    try {
      const { broken, ...rest } = await brokenViews(connection, { eachMs: 1_000, allMs: 60_000 });
      assert.deepEqual([rest, [...broken]], [{ looked: 2, total: 4, unread: ['public.b'] }, [['public.d', '22012']]]);
      const cut = await brokenViews(connection, { eachMs: 1_000, allMs: -1 });
      assert.deepEqual([cut.looked, cut.unread.length], [0, 4]);
    } finally {
      await connection.close();
    }
  });

  test('what was taken back is told although the look at it lost its session, and another run closes the ledger', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int)',
      '2_b.sql': 'alter table a add column y int;\n-- rollback\n-- alter table a drop column y;',
    });
    await one.run();
    // By hand, so that no rehearsal knows of it: the first view ends the session once the column is gone.
    await query(
      one.url,
      `create function f() returns boolean language plpgsql as $$ begin
         if exists (select from pg_attribute where attrelid = 'public.a'::regclass and attname = 'y') then return true; end if;
         perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(10); return false;
       end $$;
       create view v1 as select f(); create view v2 as select id from a`,
    );
    const failed = await one.run({ mode: 'rollback', toVersion: '1' });
    assert.deepEqual([failed.decision, failed.reasonCode], ['failed', 'integrity_failed'], failed.summary);
    assert.match(failed.summary, /Rolled back to 1 .*2_b\.sql; .*it could not be looked at \(/);
    assert.deepEqual([failed.details?.rolledBack, await one.history()], [['2_b.sql'], ['1']]);
    const recorded: unknown[] = [];
    const record: MigrationPorts['record'] = async (kind, word, _text, about) => {
      recorded.push([kind, word, about?.direction, about?.files.map(({ version }) => version)]);
    };
    const again = await one.run({ mode: 'rollback', toVersion: '1' }, { record });
    assert.deepEqual([again.reasonCode, again.failed], ['nothing_to_roll_back', false]);
    assert.deepEqual(recorded, [['intent', 'rollback', 'back', ['2']]]);
    const silent = await one.run(
      { mode: 'rollback', toVersion: '1' },
      { record: () => Promise.reject(new Error('GitHub is down')) },
    );
    assert.deepEqual([silent.reasonCode, silent.failed], ['nothing_to_roll_back', false]);
    assert.match(one.lines.at(-1) ?? '', /GitHub is down/);
  });

  test('a history that does not hold to-version itself clears nothing for later rollbacks', async () => {
    const files = {
      '1_a.sql': 'create table a (id int);\n-- rollback\n-- drop table a;',
      '2_b.sql': 'create table b (id int);\n-- rollback\n-- drop table b;',
      '3_c.sql': 'alter table a drop column id;\n-- rollback\n-- alter table a add column id int;',
    };
    const record = () => assert.fail('nothing is to be said about these files');
    const ask = (toVersion: string) => one.run({ mode: 'rollback', toVersion }, { record });
    const one = await world(files);
    for (const toVersion of ['0', '2']) {
      const other = await ask(toVersion);
      assert.deepEqual([other.decision, other.reasonCode, other.failed], ['refused', 'nothing_applied', true]);
      assert.match(other.summary, /it is empty\): look whether database-url is that of the environment; nothing was/);
    }
    await one.run({ toVersion: '1' });
    const older = await ask('2');
    assert.deepEqual([older.decision, older.reasonCode], ['refused', 'nothing_applied']);
    assert.match(older.summary, /does not hold 2, and nothing after it \(its newest is 1\).*give to-version: 1/);
    // A history that all was taken out of is still one of ours.
    assert.equal((await one.run({ mode: 'rollback', toVersion: '0' })).decision, 'rolled-back');
    const again = await one.run({ mode: 'rollback', toVersion: '0' });
    assert.deepEqual([again.decision, again.reasonCode], ['nothing-pending', 'nothing_to_roll_back']);
  });

  test('a deployment may name a file that its release held back: with all before it applied there is nothing to take back', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int, old int);',
      '2_b.sql': 'create table b (id int);',
      '3_drop.sql': 'alter table a drop column old;',
    });
    await one.run({ toVersion: '2' });
    assert.deepEqual(await one.history(), ['1', '2']);
    const held = await one.run({ mode: 'rollback', toVersion: '3' });
    assert.deepEqual([held.decision, held.reasonCode, held.failed], ['nothing-pending', 'nothing_to_roll_back', false]);
    // Another database that has some of these versions and one of its own.
    await query(one.url, `UPDATE supabase_migrations.schema_migrations SET version = '0' WHERE version = '2'`);
    assert.equal((await one.run({ mode: 'rollback', toVersion: '3' })).reasonCode, 'nothing_applied');
  });

  test('rollback SQL that PostgreSQL refuses in a transaction stands alone, and what came before it stays', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int)',
      '2_i.sql': 'create index i on a (id);\n-- rollback\n-- drop index concurrently i;',
      '3_c.sql': 'create table c (id int);\n-- rollback\n-- drop table c;',
    });
    await one.run();
    await query(one.url, 'drop index i');
    const failed = await one.run({ mode: 'rollback', toVersion: '1' });
    assert.deepEqual([failed.decision, failed.details?.together], ['failed', false], failed.summary);
    assert.match(failed.summary, /rollback of 2_i\.sql failed: .*rolled back before it: 3_c\.sql/);
    assert.deepEqual([await one.tables(), await one.history()], [['a'], ['1', '2']]);
  });

  test('the policy of an environment decides what "undo the last migration" does', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int)',
      '2_b.sql': 'create table b (id int);\n-- rollback\n-- drop table b;',
    });
    await one.run();
    const limitMs = 30 * 60_000;
    const ask = (policy: WayBackOfDatabase[], byName = false) =>
      one.run(
        {
          mode: 'rollback',
          toVersion: '1',
          back: { policy, byName, limitMs, forwardFixMs: 7_200_000, tables: [], checks: [] },
        },
        world2,
      );
    const manifest = {
      manifestFile: 'b.manifest.json',
      createdAt: 1_800_000_000,
      rows: 0,
      source: { lsn: '0/0' },
      seconds: { restore: 12 },
    } as unknown as BackupManifest & { manifestFile: string };
    const world2 = { now: () => 1_800_003_600_000, newestBackup: async () => manifest };
    const forward = await ask(['forward-only']);
    assert.equal(forward.reasonCode, 'forward_only');
    assert.match(
      forward.summary,
      /Next: fix forward: write the repair as a new migration 3_<name>\.sql.*until 2027-01-15 11:00 UTC/,
    );
    const restore = await ask(['restore', 'rollback-sql', 'point-in-time']);
    assert.equal(restore.reasonCode, 'another_way_first');
    assert.match(
      restore.summary,
      /Next: restore the backup of 2027-01-15 08:00 UTC .*in 12 s.* run actions\/restore .*manifest=b\.manifest\.json.*60 minutes since would be lost: \d+\.\d MB of write-ahead log.* Or point-in-time.* Or fix forward/,
    );
    const never = await ask(['restore', 'forward-only'], true);
    assert.deepEqual([never.decision, never.reasonCode], ['refused', 'rollback_sql_not_allowed']);
    assert.deepEqual(await one.history(), ['1', '2'], 'nothing of it is ever run by itself');
    const named = await ask(['restore', 'rollback-sql', 'point-in-time'], true);
    assert.deepEqual([named.decision, await one.history()], ['rolled-back', ['1']], named.summary);
    const { statements, seconds } = named.details as { statements: unknown; seconds: { total: number } };
    assert.deepEqual([statements, seconds.total], [[{ file: '2_b.sql', sql: 'drop table b' }], 0]);
    await one.write({ '2_b.sql': '-- irreversible: the letters went out\ncreate table b (id int default 7)' });
    await query(one.url, 'insert into supabase_migrations.schema_migrations (version) values ($$2$$)');
    const outcomes: Record<string, string> = {};
    for (const preset of Object.keys(embeddedPresets)) {
      const refused = await ask(await policyOf(preset));
      const { instead } = refused.details as { instead: string[] };
      outcomes[preset] = [refused.reasonCode, ...instead.map((way) => way.split(' ')[0])].join(' ');
      if (refused.reasonCode === 'rollback_sql_missing')
        assert.match(refused.summary, /2_b\.sql \(irreversible: the letters went out\)/);
    }
    assert.deepEqual(outcomes, {
      'blue-green': 'rollback_sql_missing fix',
      'push-to-main': 'forward_only fix',
      'staging-branch': 'rollback_sql_missing restore point-in-time fix',
      'tag-release': 'another_way_first restore point-in-time fix',
      'validated-pipeline': 'rollback_sql_missing restore fix',
    });
  });

  test('rollback SQL that forgets an index is found on scratch and not run', async () => {
    const one = await world({
      '1_a.sql': 'create table a (id int, x int)',
      '2_i.sql': 'create index i on a (id); alter table a add y int;\n-- rollback\n-- alter table a drop y;',
    });
    await one.run();
    const { signal } = new AbortController();
    const result = await one.run(
      { mode: 'rollback', toVersion: '1' },
      { scratch: (major) => startScratch(major, undefined, signal) },
    );
    assert.deepEqual([result.decision, result.reasonCode], ['refused', 'rollback_sql_incomplete']);
    assert.deepEqual(result.details?.differences, ['+ index CREATE INDEX i ON public.a USING btree (id)']);
    assert.deepEqual(await one.history(), ['1', '2']);
  });

  test('on-failure decides what a failing second file leaves', async () => {
    const files = {
      '1_a.sql': 'create table a ();\n-- rollback\n-- drop table a;',
      '2_b.sql': 'create table b ();\n-- rollback\n-- drop table b;',
    };
    const missing = await world({ '1_a.sql': 'create table a ()' });
    assert.equal((await missing.run({ onFailure: 'rollback-sql' })).reasonCode, 'rollback_sql_missing');
    const kept = await world({ '1_a.sql': 'create table a ()', '2_b.sql': 'select 1 / 0' });
    const stays = await kept.run({ onFailure: 'rollback-release' });
    assert.deepEqual([stays.decision, await kept.tables()], ['failed', ['a']], stays.summary);
    assert.match(kept.lines.join('\n'), /on-failure is rollback-release, and forward fix only: .*those before it stay/);
    const back = await world(files);
    // Only here, not on scratch: what the second file makes is there already.
    await back.run({ toVersion: '1' });
    await query(
      back.url,
      'drop table a; delete from supabase_migrations.schema_migrations; create schema other; create table other.b ()',
    );
    await query(
      back.url,
      `create function stop() returns event_trigger language plpgsql as $$ begin if exists (select from pg_class where relname = 'b' and relnamespace = 'public'::regnamespace) then raise exception 'x'; end if; end $$; create event trigger stop on ddl_command_end execute function stop()`,
    );
    await query(back.url, 'drop table other.b');
    const result = await back.run({ onFailure: 'rollback-sql' });
    assert.deepEqual([result.decision, result.details?.rolledBack], ['failed', ['1_a.sql']], result.summary);
    assert.deepEqual([await back.tables(), await back.history()], [[], []]);
  });

  test('who holds a lock that was waited for in vain is reported with process and query; once it is free, the next run passes', async () => {
    const one = await world({ '1_a.sql': 'create table a (id int, name text)' });
    await one.run();
    await one.write({ '2_b.sql': 'alter table a add column b int' });
    const holder = await connect(one.url, { applicationName: 'nightly report' });
    await holder.query(`BEGIN; SELECT count(*) FROM a WHERE name = 'Jane Roe'`);
    const stuck = await one.run({ lockTimeoutMs: 200 });
    assert.deepEqual([stuck.decision, stuck.reasonCode], ['failed', 'lock_timeout'], stuck.summary);
    assert.match(
      stuck.summary,
      /tried 3 times\); in the way: session \d+ \(nightly report as postgres, in a transaction for \d+ s\)/,
    );
    const [, session = '', statement = ''] =
      /\| session (\d+ `nightly report` as `postgres`) \| \d+ s \| `(.*)` \|/.exec(stuck.jobSummary ?? '') ?? [];
    assert.deepEqual(
      [session, statement],
      [`${holder.processId} \`nightly report\` as \`postgres\``, 'BEGIN; SELECT count(*) FROM a WHERE name = $1'],
      stuck.jobSummary,
    );
    assert.doesNotMatch(JSON.stringify(stuck) + one.lines.join(), /Jane/);
    await holder.close();
    assert.equal((await one.run()).decision, 'applied');
  });

  test('another tool that keeps its history elsewhere needs a verification where files are critical', async () => {
    const one = await world({ '1_a.sql': 'create table a ()' });
    const critical = { command: 'true', critical: ['1_a.sql'] };
    const untold = await one.run(critical);
    assert.deepEqual([untold.decision, untold.reasonCode], ['failed', 'critical_not_checked'], untold.summary);
    assert.match(untold.summary, /^"true" succeeded, and nobody can tell whether it applied 1_a\.sql \(critical\)/);
    assert.equal((await one.run({ ...critical, verifyCommand: 'true' })).decision, 'applied');
    await one.run();
    assert.equal((await one.run(critical)).decision, 'applied', 'the history says it');
  });

  test('another tool migrates with our timeouts, and its verification decides', async () => {
    const one = await world({});
    const psql = join(cluster.binaries.directory, 'psql');
    const good = await one.run({
      command: `${psql} -c "create table made as select current_setting('lock_timeout') as t"`,
    });
    assert.deepEqual([good.decision, good.reasonCode], ['applied', 'command_succeeded'], one.lines.join('\n'));
    assert.deepEqual(await query(one.url, 'select t from made'), [{ t: '1s' }]);
    const bad = await one.run({ command: 'false', verifyCommand: 'true' });
    assert.deepEqual([bad.decision, bad.reasonCode], ['failed', 'command_failed']);
    const unverified = await one.run({ command: 'true', verifyCommand: 'false' });
    assert.deepEqual([unverified.decision, unverified.reasonCode], ['failed', 'verify_command_failed']);
    assert.equal((await one.run({ command: 'no-such-program-here' })).reasonCode, 'command_not_found');
    assert.equal((await one.run({ command: 'false', mode: 'plan' })).decision, 'planned');
    const inRelease = { inRelease: true };
    const manual = { command: 'false', apply: 'manual' } as const;
    const unknown = await one.run(manual, inRelease);
    assert.deepEqual([unknown.decision, unknown.reasonCode], ['refused', 'applied_by_hand']);
    assert.match(unknown.summary, /run "false" .* by hand first.*database\.verify-command/);
    const notYet = await one.run({ ...manual, verifyCommand: 'false' }, inRelease);
    assert.deepEqual([notYet.decision, notYet.reasonCode], ['refused', 'applied_by_hand']);
    const done = await one.run({ ...manual, verifyCommand: 'true' }, inRelease);
    assert.deepEqual([done.decision, done.reasonCode], ['nothing-pending', 'verified_by_command'], done.summary);
    // A command is approved as it stands, with the commit that holds its files; without an approval it is left to a person.
    const asked = (approved: string, user = 'ada', commit = 'f'.repeat(40)) =>
      one.run(
        { command: 'true', apply: 'approve', approvalEnvironment: 'migrations', approved },
        {
          ...inRelease,
          commit: async () => commit,
          approval: { requiredReviewers: async () => 1, approvedBy: async () => (user === '' ? [] : [user]) },
        },
      );
    const approval = { requiredReviewers: async () => 1, approvedBy: async () => [] };
    const plan = { command: 'true', apply: 'approve', approvalEnvironment: 'migrations', mode: 'plan' } as const;
    const planned = await one.run(plan, { approval });
    const said = planned.outputs?.approval ?? '';
    assert.match(said, /^[0-9a-f]{32} command at fffffff$/);
    assert.equal((await asked(said)).reasonCode, 'command_succeeded');
    assert.equal((await asked(said, '')).reasonCode, 'approval_missing');
    assert.equal((await asked(said, 'ada', 'e'.repeat(40))).reasonCode, 'approval_outdated');
    const nobody = await one.run({ command: 'true', apply: 'approve', verifyCommand: 'false' }, inRelease);
    assert.equal(nobody.reasonCode, 'applied_by_hand');
    await one.write({ '1_a.sql': 'create table a ()' });
    const files = await world({ '1_a.sql': 'create table a ()' });
    assert.equal((await files.run({ verifyCommand: 'false' })).reasonCode, 'verify_command_failed');
  });
});

/** How the database goes back under a preset as it ships. */
async function policyOf(preset: string): Promise<WayBackOfDatabase[]> {
  const given = { file: 'ops.yml', text: `extends: ${preset}`, environment: 'production', throwAway: false };
  const { settings } = await loadConfig({ ...given, readReference: async () => assert.fail('nothing is fetched') });
  return settings.database.rollbackPolicy ?? assert.fail(`${preset} says nothing of the database`);
}
