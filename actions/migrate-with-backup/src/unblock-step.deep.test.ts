import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import type { Runner } from '#action-kit/runner';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import type { UnblockRequest } from '#postgres/doctor/unblock';
import { migrateOptions, migrationPorts } from '../test/fixture.ts';
import { migrate } from './migrate.ts';
import { type UnblockedSession, unblocker } from './unblock-step.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('a migration whose way is barred (DBD-06)', {
  skip: installed ? false : 'no PostgreSQL server programs',
}, () => {
  let cluster: Cluster;
  let folder: string;
  let clients: pg.Client[] = [];
  let said: string[] = [];
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    folder = await mkdtemp(join(tmpdir(), 'migrate-unblock-'));
    await writeFile(join(folder, '0_notes.sql'), 'create table notes (id int)');
    await writeFile(join(folder, '1_a.sql'), 'alter table notes add column a int');
    await writeFile(join(folder, '2_b.sql'), 'alter table notes add column b int');
    const admin = await client();
    await admin.query(`CREATE ROLE web LOGIN PASSWORD 'web-password'`);
    await admin.end();
  });
  after(async () => {
    for (const one of clients) await one.end().catch(() => {});
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    said = [];
    const admin = await client();
    await endOthers(admin);
    await admin.query(`DROP SCHEMA IF EXISTS supabase_migrations CASCADE; DROP TABLE IF EXISTS notes;
      CREATE TABLE notes (id int); GRANT SELECT ON notes TO web; CREATE SCHEMA supabase_migrations;
      CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
      INSERT INTO supabase_migrations.schema_migrations VALUES ('0')`);
  });

  /** The server notices only at its next word that a client is gone: what sleeps there still holds its locks. */
  async function endOthers(admin: pg.Client): Promise<void> {
    await admin.query(`SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity
      WHERE application_name = 'nightly report' AND pid <> pg_backend_pid()`);
    for (const one of clients.filter((each) => each !== admin)) await one.end().catch(() => {});
    clients = [admin];
  }
  async function client(user?: string): Promise<pg.Client> {
    const url = new URL(cluster.url);
    if (user !== undefined) Object.assign(url, { username: user, password: `${user}-password` });
    const one = new pg.Client({ connectionString: url.href, application_name: 'nightly report' });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  }
  /** A query that reads the table for ever. */
  async function reader(user?: string): Promise<{ ended: Promise<string> }> {
    const one = await client(user);
    await one.query('BEGIN; SELECT 1 FROM notes');
    const ended = one.query("SELECT pg_sleep(600), 'canary-41'").then(
      () => 'slept',
      (error: { code?: string }) => error.code ?? 'lost',
    );
    return { ended };
  }
  async function run(unblock?: UnblockRequest) {
    const done: UnblockedSession[] = [];
    const log = (line: string) => void said.push(line);
    const runner = {
      logger: { info: log, notice: log, warning: log },
      clock: { now: () => 1_800_000_000_000 },
      context: { actor: 'ada', runId: 7 },
      signal: new AbortController().signal,
    } as unknown as Runner;
    const options = migrateOptions({ url: cluster.url, directory: folder, lockTimeoutMs: 400 });
    const ports = migrationPorts({
      log,
      signal: runner.signal,
      unblock: unblock && unblocker(runner, cluster.url, unblock, done),
    });
    const migration = await migrate(options, ports);
    const admin = await client();
    const { rows } = await admin
      .query<{ version: string }>('SELECT version FROM supabase_migrations.schema_migrations ORDER BY version')
      .catch(() => ({ rows: [] }));
    const outcome = migration.kind === 'ended' ? migration.outcome : undefined;
    return { outcome, history: rows.map(({ version }) => version), done };
  }

  test('one run cancels the query that holds the table, tries again, and the history is complete', async () => {
    const { ended } = await reader('web');
    const { outcome, history, done } = await run({ kind: 'cancel-blockers', olderThanSeconds: 0 });
    assert.deepEqual([outcome?.outcome, history], ['applied', ['0', '1', '2']], said.join('\n'));
    assert.equal(await ended, '57014');
    assert.deepEqual(
      done.map(({ application, outcome: what }) => [application, what]),
      [['nightly report', 'done']],
    );
    const audits = said.filter((line) => line.startsWith('audit: '));
    assert.equal(audits.length, 1);
    assert.match(
      audits[0] ?? '',
      /^audit: 2027-01-15T08:00:00\.000Z ada in run 7: cancel session \d+ \(nightly report as web\): done$/,
    );
    assert.ok(!said.join('\n').includes('canary'), 'a value of a query is shown');
  });

  test('a forgotten transaction is ended where that was asked for', async () => {
    const forgotten = await client('web');
    await forgotten.query('BEGIN; SELECT 1 FROM notes');
    const { outcome, history, done } = await run({ kind: 'terminate-idle-in-transaction', olderThanSeconds: 0 });
    assert.deepEqual([outcome?.outcome, history], ['applied', ['0', '1', '2']], said.join('\n'));
    assert.equal(done[0]?.outcome, 'done');
  });

  test('what is younger than five minutes, or a superuser, stays, and so does the failure with its name', async () => {
    const young = await reader('web');
    const first = await run({ kind: 'cancel-blockers', olderThanSeconds: 300 });
    assert.deepEqual([first.outcome?.failure?.reasonCode, first.done], ['lock_timeout', []]);
    assert.match(first.outcome?.failure?.message ?? '', /in the way: session \d+ \(nightly report/);
    assert.ok(said.some((line) => line.includes('nobody in the way is older than 300 s')));
    await endOthers(await client());
    await young.ended;
    await reader();
    const second = await run({ kind: 'cancel-blockers', olderThanSeconds: 0 });
    assert.equal(second.outcome?.failure?.reasonCode, 'lock_timeout');
    assert.match(second.done[0]?.outcome ?? '', /^spared: .* is a superuser/);
  });

  test('without being asked nobody is touched', async () => {
    const { ended } = await reader('web');
    const { outcome, done } = await run();
    assert.deepEqual([outcome?.failure?.reasonCode, done], ['lock_timeout', []]);
    const still = await Promise.race([ended, Promise.resolve('still reading')]);
    assert.equal(still, 'still reading');
  });
});
