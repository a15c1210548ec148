import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query, untilRows } from '#backup/test-database';
import { runTool } from '#child-process/run-tool';
import { applyMigrations } from './apply-migrations.ts';
import { openMigrationSession } from './migration-session.ts';
import { type MigrationFile, readMigrations } from './read-migrations.ts';

// S28: a tool without a lock beside us, and a server that crashes under us.

const cli = join(
  import.meta.dirname,
  `../../../.tools/node_modules/@supabase/cli-${process.platform}-${process.arch}/bin/supabase`,
);
const installed = (await listPostgres()).some((found) => found.server);

const count = 6;
/** Slow enough to meet each other; a file that ran twice leaves two rows. */
const sqlOf = (index: number) =>
  `create table t${index} (id int);\nselect pg_sleep(0.05);\ninsert into done values (${index});\n`;

describe('a migration that is not alone', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  let cluster: Cluster;
  let project: string;
  let files: MigrationFile[];
  before(async () => {
    cluster = await startCluster({ listen: 'tcp' });
    project = await mkdtemp(join(tmpdir(), 'fenced-'));
    const folder = join(project, 'supabase/migrations');
    await mkdir(folder, { recursive: true });
    await writeFile(join(project, 'supabase/config.toml'), 'project_id = "fenced"\n');
    for (let index = 1; index <= count; index++) {
      await writeFile(join(folder, `${20260101000000 + index}_file.sql`), sqlOf(index));
    }
    ({ files } = await readMigrations(folder));
  });
  after(async () => {
    await cluster?.stop();
    if (project !== undefined) await rm(project, { recursive: true, force: true });
  });

  /** Plans and applies what is pending now. */
  async function migrate(url: string) {
    const session = await openMigrationSession(url);
    try {
      const applied = await session.history();
      const pending = files.filter(({ version }) => !applied.includes(version));
      return await applyMigrations(session, { pending, applied, pauseMs: 50 });
    } finally {
      await session.close();
    }
  }

  /** Every file is in the history exactly when all of it is in the database, once. */
  async function brokenFiles(url: string): Promise<string[]> {
    const history = await query<{ version: string }>(url, 'SELECT version FROM supabase_migrations.schema_migrations');
    const done = await query<{ index: number }>(url, 'SELECT index FROM done');
    return files.flatMap(({ version }, at) => {
      const recorded = history.filter((row) => row.version === version).length;
      const ran = done.filter(({ index }) => index === at + 1).length;
      return recorded === ran && ran <= 1 ? [] : [`${version}: recorded ${recorded} times, ran ${ran} times`];
    });
  }

  const missing = existsSync(cli) ? false : 'no Supabase CLI: .ci/install-tools fetches it';
  for (const headStart of [0, 150, 400]) {
    const name = `the Supabase CLI pushes at the same time, we come ${headStart} ms later: each file is whole and ran once`;
    test(name, { skip: missing }, async () => {
      const url = await createDatabase(cluster, 'CREATE TABLE done (index int)');
      const pushing = runTool({
        command: cli,
        // A throw-away server: its password may be in argv.
        args: ['db', 'push', '--db-url', `${url}?sslmode=disable`, '--yes', '--output-format', 'json'],
        cwd: project,
        environment: { SUPABASE_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
        deadlineMs: 60_000,
      });
      // The CLI takes this long to its first statement.
      await untilRows(url, `SELECT FROM pg_stat_activity WHERE application_name = '@effect/sql-pg'`);
      await delay(headStart);
      const ours = await migrate(url);
      // One of the two may find that the other was faster; neither dies of it without a word.
      assert.match((await pushing).stdout, /"upToDate"|"_tag":"Error"/);
      assert.deepEqual(await brokenFiles(url), [], ours.failure?.message);
      if (ours.outcome !== 'applied') {
        assert.match(ours.failure?.reasonCode ?? '', /^(history_changed|sql_error|deadlock|lock_timeout)$/);
      }
      const again = await migrate(url);
      assert.equal(again.outcome, 'applied', again.failure?.message);
      assert.deepEqual(await brokenFiles(url), []);
      assert.equal((await query(url, 'SELECT 1 FROM done')).length, count);
    });
  }

  test('the server crashes in the middle: it is said, and the next run goes on where the history ends', async () => {
    const url = await createDatabase(cluster, 'CREATE TABLE done (index int)');
    const running = migrate(url);
    const busy = `SELECT pid FROM pg_stat_activity WHERE application_name = 'ops-actions migrate' AND datname = current_database()
                   AND EXISTS (SELECT FROM done WHERE index = 2)`;
    const [busyOne] = await untilRows<{ pid: number }>(url, busy);
    assert.ok(busyOne);
    // One backend that dies takes all of them along; the server then replays its log.
    process.kill(busyOne.pid, 'SIGKILL');
    const outcome = await running.catch((error: Error) => error);
    assert.ok(outcome instanceof Error || /^(applied|unknown)$/.test(outcome.outcome), JSON.stringify(outcome));
    for (let tries = 0; ; tries++) {
      const alive = await query(url, 'SELECT 1').catch(() => []);
      if (alive.length > 0) break;
      assert.ok(tries < 600, 'the server did not come back');
      await delay(50);
    }
    assert.deepEqual(await brokenFiles(url), []);
    const again = await migrate(url);
    assert.equal(again.outcome, 'applied', again.failure?.message);
    assert.deepEqual(await brokenFiles(url), []);
    assert.equal((await query(url, 'SELECT 1 FROM done')).length, count);
  });
});
