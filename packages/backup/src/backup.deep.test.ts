import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runTool } from '#child-process/run-tool';
import { systemClock } from '#http/clock';
import { connect } from '#postgres/connection';
import { createOneTimeKey } from './age-stream.ts';
import { createBackup } from './create-backup.ts';
import { directoryDestination } from './destination.ts';
import { findPostgres, listPostgres } from './find-postgres.ts';
import { type Cluster, startCluster } from './scratch-cluster.ts';
import { supabaseShaped } from './supabase-shaped.fixture.ts';
import { createDatabase, query as rowsOf } from './test-database.ts';

const installed = (await listPostgres()).some((found) => found.server);
const tools = ['age', 'zstd', 'jq'].every((name) => existsSync(`/usr/bin/${name}`));

describe('a backup in other hands', {
  skip: installed ? false : 'no PostgreSQL server programs on this machine',
}, () => {
  let cluster: Cluster;
  let folder: string;

  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'backup-deep-'));
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function query<Row extends object>(sql: string, database = 'postgres'): Promise<Row[]> {
    const url = new URL(cluster.url);
    url.pathname = `/${database}`;
    const connection = await connect(url.href, { applicationName: 'test' });
    try {
      return await connection.query<Row>(sql);
    } finally {
      await connection.close();
    }
  }
  let made = 0;
  const backup = (database: string, recipient: string, log: (line: string) => void = () => {}) => {
    made++;
    const url = new URL(cluster.url);
    url.pathname = `/${database}`;
    return createBackup({
      url: url.href,
      name: `backup-${made}-${database}`,
      destinations: [directoryDestination(folder)],
      recipients: [recipient],
      clock: systemClock,
      log,
    });
  };

  test('the manual restore command of the manifest works as it stands on a fresh server, which has none of the roles', {
    skip: tools ? false : 'no age, zstd or jq command',
  }, async () => {
    await query('CREATE DATABASE project');
    await query(
      `${supabaseShaped('')}; CREATE ROLE "Maria ""B"" \\! x"; GRANT SELECT ON public.people TO "Maria ""B"" \\! x"`,
      'project',
    );
    const key = join(folder, 'backup-key.txt');
    const { identity, recipient } = await createOneTimeKey();
    await writeFile(key, `${identity}\n`, { mode: 0o600 });
    const { manifest } = await backup('project', recipient);
    const fresh = await startCluster();
    try {
      const target = await createDatabase(fresh, '');
      const { directory } = await findPostgres({ major: cluster.major });
      const result = await runTool({
        command: 'sh',
        args: ['-ec', manifest.restoreCommand],
        cwd: folder,
        environment: { PATH: `${directory}:${process.env.PATH}`, TARGET_DATABASE_URL: target },
        deadlineMs: 60_000,
      });
      assert.equal(result.exitCode, 0, result.stderr);
      const held = [
        'SELECT count(*)::int AS users, max(email) AS last FROM auth.users',
        'SELECT schemaname, policyname, roles::text, qual, with_check FROM pg_policies ORDER BY 1, 2',
        `SELECT table_name, grantee, privilege_type FROM information_schema.role_table_grants
          WHERE grantee IN ('anon', 'authenticated', 'service_role', 'Maria "B" \\! x')
            AND table_schema IN ('auth', 'public', 'storage') ORDER BY 1, 2, 3`,
      ];
      for (const sql of held) {
        const before = await query(sql, 'project');
        assert.ok(before.length > 0, sql);
        assert.deepEqual(await rowsOf(target, sql), before);
      }
    } finally {
      await fresh.stop();
    }
  });

  test('a database of some hundred megabytes passes in constant memory', async (context) => {
    await query('CREATE DATABASE large');
    await query(
      `CREATE TABLE a AS SELECT g AS id, md5(g::text) || md5((g + 1)::text) || md5((g + 2)::text) AS v, now() AS at FROM generate_series(1, 1500000) g`,
      'large',
    );
    const { recipient } = await createOneTimeKey();
    let peak = 0;
    const sampling = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 50);
    const before = process.memoryUsage().rss;
    const { manifest } = await backup('large', recipient);
    clearInterval(sampling);
    assert.equal(manifest.verification.verdict, 'verified', manifest.verification.message);
    const { dump, readBack, restore, compare, total } = manifest.seconds;
    context.diagnostic(
      `${Math.round(manifest.plainBytes / 1e6)} MB dumped, ${Math.round(manifest.object.bytes / 1e6)} MB stored; seconds: dump ${dump.toFixed(1)}, read back ${readBack.toFixed(1)}, restore ${restore.toFixed(1)}, compare ${compare.toFixed(1)}, total ${total.toFixed(1)}; memory +${Math.round((peak - before) / 1e6)} MB`,
    );
    // The dump alone is larger than this.
    assert.ok(peak - before < 160_000_000, `${peak - before} bytes more`);
    assert.ok(manifest.plainBytes > 170_000_000);
  });

  test('an extension that the scratch server lacks: named when something needs it, left out when nothing does', async (context) => {
    const [row] = await query<{ folder: string }>(
      `SELECT setting || '/extension' AS folder FROM pg_config WHERE name = 'SHAREDIR'`,
    );
    const control = join(row?.folder ?? '', 'ops_probe.control');
    const script = join(row?.folder ?? '', 'ops_probe--1.0.sql');
    try {
      await writeFile(control, "default_version = '1.0'\n");
      await writeFile(
        script,
        `CREATE TYPE rating AS ENUM ('low', 'high'); CREATE TABLE rules (v text);
        SELECT pg_extension_config_dump('rules', '');`,
      );
    } catch {
      context.skip('the extension folder is not writable');
      return;
    }
    try {
      await query('CREATE DATABASE needs');
      await query('CREATE EXTENSION ops_probe; CREATE TABLE a (r rating)', 'needs');
      await query('CREATE DATABASE idle');
      await query(
        `CREATE SCHEMA ext; CREATE EXTENSION ops_probe SCHEMA ext; INSERT INTO ext.rules VALUES ('x'); CREATE TABLE a (r int)`,
        'idle',
      );
    } finally {
      await rm(control);
      await rm(script);
    }
    const { recipient } = await createOneTimeKey();
    const needs = await backup('needs', recipient);
    assert.equal(needs.manifest.verification.reasonCode, 'extension_missing');
    assert.match(
      needs.manifest.verification.message,
      /extension ops_probe \(.*column r of table .*a.*no package .* is known to bring it: pin an image/,
    );
    const idle = await backup('idle', recipient);
    assert.equal(idle.manifest.verification.verdict, 'verified', idle.manifest.verification.message);
    assert.deepEqual(idle.manifest.verification.leftOut, ['EXTENSION ops_probe', 'TABLE DATA ext.rules']);
    assert.ok((await readFile(join(folder, idle.manifest.object.file))).length > 0);
    // There, and not to be made: as one that wants to be loaded with the server.
    try {
      await writeFile(control, "default_version = '1.0'\n");
      await writeFile(script, `DO $$ BEGIN RAISE EXCEPTION 'must be loaded via shared_preload_libraries'; END $$;`);
      const left = (await backup('idle', recipient)).manifest.verification;
      assert.equal(left.verdict, 'verified', left.message);
      assert.deepEqual(left.leftOut, ['EXTENSION ops_probe', 'TABLE DATA ext.rules']);
      assert.match(left.remarks.join(), /extension ops_probe cannot be made on a scratch server \(SQLSTATE P0001\)/);
      const wanted = (await backup('needs', recipient)).manifest.verification;
      assert.equal(wanted.verdict, 'could-not-verify');
      assert.match(wanted.message, /could not make the extension ops_probe, which the database needs: must be loaded/);
    } finally {
      await rm(control, { force: true });
      await rm(script, { force: true });
    }
  });
});
