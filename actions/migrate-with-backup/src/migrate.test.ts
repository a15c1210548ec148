import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import type { BackupManifest } from '#backup/manifest';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { connect } from '#postgres/connection';
import { migrateOptions, migrationPorts } from '../test/fixture.ts';
import { type MigrationPorts, migrate } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';
import { renderMigration } from './render-migration.ts';

const installed = (await listPostgres()).some((found) => found.server);

function manifest(verdict: BackupManifest['verification']['verdict']): BackupManifest {
  return {
    schemaVersion: 1,
    name: 'b',
    createdAt: 0,
    plainBytes: 1,
    relations: 3,
    rows: 4,
    tables: [],
    notInBackup: [],
    recipients: [],
    destinations: ['directory /b'],
    object: {
      file: 'b.dump.zst.age',
      bytes: 5,
      sha256: 'ab',
      format: 'pg_dump custom',
      compression: 'zstd',
      encryption: 'age',
    },
    source: { serverVersion: '15', databaseBytes: 1, pgDumpVersion: '15' },
    verification: {
      verdict,
      reasonCode: 'r',
      message: 'the reason',
      differences: [],
      leftOut: [],
      remarks: [],
      separateUser: true,
    },
    seconds: { dump: 1, readBack: 1, restore: 1, compare: 1, total: 4 },
    restoreCommand: 'age …',
  };
}

describe('migrate', { skip: installed ? false : 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let folder: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'migrate-unit-'));
    await writeFile(join(folder, '1_a.sql'), 'create table a (id int)');
  });
  after(async () => {
    await cluster?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const options = (): MigrateOptions =>
    migrateOptions({
      url: cluster.url,
      directory: folder,
      backup: 'required',
      destinations: [{ kind: 'directory', path: '/b' }],
    });
  function ports(more: Partial<MigrationPorts> = {}): MigrationPorts & { recorded: string[] } {
    const recorded: string[] = [];
    const given: Partial<MigrationPorts> = {
      record: async (kind, word) => void recorded.push(`${kind} ${word}`),
      checkBackup: async () => undefined,
      createBackup: async () => ({ manifest: manifest('verified'), manifestFile: 'b.manifest.json' }),
      youngBackup: async () => undefined,
      newestBackup: async () => undefined,
      ...more,
    };
    return { recorded, ...migrationPorts(given) };
  }
  async function untouched(): Promise<boolean> {
    const connection = await connect(cluster.url, { applicationName: 'test' });
    const rows = await connection.query(`SELECT 1 FROM pg_namespace WHERE nspname = 'supabase_migrations'`);
    await connection.close();
    return rows.length === 0;
  }

  for (const verdict of ['mismatch', 'could-not-verify'] as const) {
    test(`a backup that is ${verdict} lets no migration run`, async () => {
      const migration = await migrate(
        options(),
        ports({ createBackup: async () => ({ manifest: manifest(verdict), manifestFile: 'm' }) }),
      );
      const result = renderMigration(migration, options());
      assert.deepEqual(
        [result.decision, result.reasonCode, result.failed],
        ['failed', `backup_${verdict.replaceAll('-', '_')}`, true],
      );
      assert.match(result.summary, /no migration was started: the reason$/);
      assert.ok(await untouched());
    });
  }

  test('backup: platform lets no migration run without its restore point, and says what it was otherwise', async () => {
    const platform: MigrateOptions = { ...options(), backup: 'platform', toVersion: '1' };
    const createBackup = () => assert.fail('the platform is asked instead');
    const refused = await migrate(
      platform,
      ports({ createBackup, platformPoint: async () => ({ reasonCode: 'project_paused', message: 'paused' }) }),
    );
    const result = renderMigration(refused, platform);
    assert.deepEqual([result.decision, result.reasonCode, result.failed], ['failed', 'project_paused', true]);
    assert.match(result.summary, /no migration was started: paused/);
    assert.ok(await untouched());
    const planned = renderMigration(await migrate({ ...platform, mode: 'plan' }, ports()), {
      ...platform,
      mode: 'plan',
    });
    assert.match(planned.summary, /after a restore point of the platform, not restore-tested by us/);
    const outcome = { outcome: 'applied' as const, applied: [], remaining: [] };
    if (!('inspection' in refused) || refused.inspection === undefined) assert.fail('nothing was inspected');
    const { inspection } = refused;
    const point = 'restore point ops-7-1 of the platform (not restore-tested by us)';
    const ended = renderMigration({ kind: 'ended', inspection, outcome, advice: [], point }, platform);
    assert.match(ended.summary, /relying on restore point ops-7-1 of the platform \(not restore-tested by us\)/);
    assert.equal(ended.details?.restorePoint, point);
    const backup = {
      manifest: manifest('verified'),
      manifestFile: 'm',
      recipientChange: { removed: ['age:maria'], unacknowledged: [] },
    };
    const without = renderMigration({ kind: 'ended', inspection, outcome, advice: [], backup }, options());
    assert.match(without.summary, /after a proven backup .*; no longer a recipient: age:maria\)/);
  });

  test('a backup that could not be made, or an intent that could not be written, lets no migration run', async () => {
    const failed = await migrate(
      options(),
      ports({ createBackup: async () => ({ reasonCode: 'dump_failed', message: 'pg_dump failed' }) }),
    );
    assert.equal(renderMigration(failed, options()).reasonCode, 'dump_failed');
    const unrecorded = ports({
      record: async () => {
        throw new Error('403');
      },
      createBackup: () => assert.fail('a backup was started'),
    });
    assert.equal(renderMigration(await migrate(options(), unrecorded), options()).reasonCode, 'release_not_recorded');
    assert.ok(await untouched());
  });

  test('where names go, the deployed code is searched for them before anything runs, and says where it uses them', async () => {
    await writeFile(join(folder, '2_b.sql'), 'create table b (id int)');
    const asked: unknown[] = [];
    const searching = ports({
      createBackup: () => assert.fail('a backup was started'),
      async deployedUses(removed) {
        asked.push(removed);
        const uses = removed.map((one) => ({ removed: one, path: 'src/a.ts', line: 7, generated: false }));
        return { commit: 'c'.repeat(40), files: 1, uses, more: new Map() };
      },
    });
    try {
      const quiet = await migrate({ ...options(), mode: 'plan' }, searching);
      assert.deepEqual([quiet.kind, asked], ['planned', []]);
      const admin = await connect(cluster.url, { applicationName: 'test' });
      try {
        await admin.query(`create table old (id int); create schema supabase_migrations;
          create table supabase_migrations.schema_migrations (version text primary key, statements text[], name text);
          insert into supabase_migrations.schema_migrations values ('1')`);
        await writeFile(join(folder, '2_b.sql'), 'alter table old drop column id');
        const plan: MigrateOptions = { ...options(), mode: 'plan', phase: 'all' };
        const told = renderMigration(await migrate(plan, searching), plan);
        assert.deepEqual(asked, [[{ name: 'id', table: 'old' }]]);
        assert.match(told.jobSummary ?? '', /deployed now \\\(commit ccccccc\\\) names id of old: src\/a\.ts:7/);
        const silent = { ...searching, createBackup: async () => ({ reasonCode: 'dump_failed', message: 'no' }) };
        await migrate({ ...plan, mode: 'apply' }, silent);
        assert.equal(asked.length, 2);
      } finally {
        await admin.query('drop table old; drop schema supabase_migrations cascade');
        await admin.close();
      }
    } finally {
      await rm(join(folder, '2_b.sql'));
    }
  });

  test('a plan asks for no backup and writes no record', async () => {
    const silent = ports({ createBackup: () => assert.fail(), checkBackup: () => assert.fail() });
    const result = renderMigration(await migrate({ ...options(), mode: 'plan' }, silent), options());
    assert.deepEqual(result.details?.plan, [
      { file: '1_a.sql', statements: 1, classes: ['schema'], inTransaction: true, locks: [] },
    ]);
    assert.match(result.jobSummary ?? '', /1 statement: schema/);
    assert.deepEqual(silent.recorded, []);
    assert.ok(await untouched());
  });

  test('a connection that a pooler closed during the backup is opened anew', async () => {
    const closing = ports({
      async createBackup() {
        const admin = await connect(cluster.url, { applicationName: 'test' });
        await admin.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ops-actions migrate'`,
        );
        await admin.close();
        return { manifest: manifest('verified'), manifestFile: 'b.manifest.json' };
      },
    });
    const result = renderMigration(await migrate(options(), closing), options());
    assert.equal(result.decision, 'applied', result.summary);
    assert.deepEqual(closing.recorded, ['intent apply']);
  });
});
