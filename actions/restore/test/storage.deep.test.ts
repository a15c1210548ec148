import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { startStorage, type TestStorage } from '#backup/testing/start-storage';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? false : 'no PostgreSQL server programs on this machine';
const keeper = 'abcdefghijklmnopqrst';
const folder = 'notes/production';

const migrations = {
  'supabase/migrations/20251231000000_notes.sql': 'create table public.notes (id int primary key, v text);\n',
  'supabase/migrations/20260101000000_rating.sql':
    'alter table public.notes add column rating integer not null default 0;\n',
};
const opsYml = (destination: string) =>
  `environments: { production: { database: { backup: { destination: "${destination}" } } } }\n`;

describe('backup, migration and restore through the storage of another project, the bundles', { skip }, () => {
  let cluster: Cluster;
  let storage: TestStorage;
  let sandbox: Sandbox;
  let key: { identity: string; recipient: string };
  let second: { identity: string; recipient: string };
  let url: string;
  let runs = 200;
  before(async () => {
    [cluster, storage, sandbox, key, second] = await Promise.all([
      startCluster(),
      startStorage(),
      startSandbox({ postgres: false }),
      createOneTimeKey(),
      createOneTimeKey(),
    ]);
    // More than 6 MB encrypted: the object takes the resumable protocol.
    url = await createDatabase(
      cluster,
      `CREATE TABLE notes (id int PRIMARY KEY, v text);
       CREATE SCHEMA supabase_migrations;
       CREATE TABLE supabase_migrations.schema_migrations (version text PRIMARY KEY, statements text[], name text);
       INSERT INTO supabase_migrations.schema_migrations VALUES ('20251231000000', '{}', 'notes');
       INSERT INTO notes SELECT g, 'canary-row ' || (SELECT string_agg(md5(g || '.' || i), '') FROM generate_series(1, 32) AS i)
         FROM generate_series(1, 16000) AS g`,
    );
  });
  after(async () => {
    await Promise.allSettled([cluster?.stop(), storage?.stop(), sandbox?.close(), removeWorkspaces()]);
  });

  /** As a job of this environment starts it; the destination stands in ops.yml unless an input names one. */
  async function run(action: string, inputs: Record<string, string>, more: { address?: false; project?: string } = {}) {
    const { github } = sandbox.description;
    const ended = await runBundle({
      action,
      inputs: {
        environment: 'production',
        'github-token': github.token,
        'supabase-storage-key': storage.connection.key,
        ...inputs,
      },
      files: {
        ...migrations,
        '.github/ops.yml': opsYml(`supabase-storage://${more.project ?? keeper}/backups/${folder}`),
      },
      environment: {
        GITHUB_API_URL: github.apiUrl,
        GITHUB_REPOSITORY: github.repository,
        GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
        GITHUB_RUN_ID: String(++runs),
        GITHUB_RUN_ATTEMPT: '1',
        RUNNER_ENVIRONMENT: 'github-hosted',
        ...(more.address === false ? {} : { OPS_ACTIONS_SUPABASE_STORAGE_URL: storage.connection.url }),
      },
    });
    const shown = ended.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    for (const secret of [storage.connection.key, 'canary-row', key.identity]) {
      assert.ok(!shown.join('\n').includes(secret), `${action} shows ${secret.slice(0, 12)}`);
    }
    return ended;
  }
  const source = () => ({ 'database-url': url, 'age-recipients': key.recipient });
  const place = { 'backup-destination': `supabase-storage://${keeper}/backups/${folder}` };
  const manifests = () => storage.stored(folder).filter((name) => name.endsWith('.manifest.json'));

  test('a file of the branch does not choose the host that gets the key (S11)', async () => {
    const elsewhere = 'tsrqponmlkjihgfedcba';
    for (const action of ['backup', 'migrate-with-backup']) {
      for (const named of [{}, { 'supabase-storage-project': keeper }] as Record<string, string>[]) {
        const refused = await run(action, { ...source(), ...named }, { address: false, project: elsewhere });
        assert.equal(refused.code, 1, refused.log);
        assert.match(refused.log, /supabase-storage-project.*does not name tsrqponmlkjihgfedcba/);
      }
    }
    assert.deepEqual(storage.stored(folder), []);
  });

  test('stored, read back, accepted by a migration, and restored into the live database', async () => {
    const made = await run('backup', source());
    assert.equal(made.code, 0, made.log);
    assert.deepEqual([made.outputs.decision, made.outputs['reason-code']], ['verified', 'restored_and_equal']);
    const object = storage.stored(folder).find((name) => name.endsWith('.dump.zst.age')) ?? '';
    const bytes = storage.state.buckets.get('backups')?.files.get(`${folder}/${object}`)?.bytes ?? Buffer.alloc(0);
    assert.ok(bytes.length > 6 * 1024 * 1024 && !bytes.includes('canary-row'), `${bytes.length} bytes`);
    assert.ok(storage.seen().some((request) => request.startsWith('PATCH /storage/v1/upload/resumable')));
    const read = `GET /storage/v1/object/authenticated/backups/${folder}/${object}`;
    assert.ok(storage.seen().includes(read), 'nobody read the object back');

    const migrated = await run('migrate-with-backup', { ...source(), 'max-age': '1h' });
    assert.equal(migrated.code, 0, migrated.log);
    assert.equal(migrated.outputs.decision, 'applied', migrated.log);
    assert.equal(migrated.outputs['backup-manifest'], made.outputs['backup-manifest']);
    assert.equal(manifests().length, 1, 'a second backup was made');

    await query(url, `DELETE FROM notes WHERE id > 5`);
    const manifest = { ...place, manifest: made.outputs['backup-manifest'] ?? '' };
    const wrong = await run('restore', { ...manifest, 'age-identity': second.identity });
    assert.equal(wrong.code, 1, wrong.log);
    const target = { 'target-url': url, confirm: new URL(url).pathname.slice(1), 'age-recipients': key.recipient };
    const back = await run('restore', { ...manifest, ...target, 'age-identity': key.identity });
    assert.equal(back.code, 0, back.log);
    assert.deepEqual([back.outputs.decision, back.outputs['reason-code']], ['restored', 'restored_live']);
    assert.deepEqual(await query(url, `SELECT count(*)::int AS n, count(DISTINCT v)::int AS different FROM notes`), [
      { n: 16_000, different: 16_000 },
    ]);
    // The state before it lies there, too.
    assert.ok(manifests().includes(back.outputs['backup-manifest'] ?? ''));
  });

  test('a key of another project is refused by its name, and nothing is stored', async () => {
    const before = storage.stored(folder);
    const refused = await run('backup', { ...source(), 'supabase-storage-key': 'sb_secret_of_another_project' });
    assert.equal(refused.code, 1);
    assert.match(refused.log, /the storage refuses the key .*check BACKUP_SUPABASE_STORAGE_KEY/);
    assert.deepEqual(storage.stored(folder), before);
  });

  test('a recipient that is taken away stops migrations until the workflow file names it (S27)', async () => {
    const both = { ...source(), 'age-recipients': `${key.recipient}\n${second.recipient}` };
    const first = await run('backup', both);
    assert.equal(first.code, 0, first.log);
    const recipients = first.result.recipients as string[];
    const taken = recipients[1] ?? '';

    const red = await run('backup', source());
    assert.deepEqual(
      [red.code, red.outputs.decision, red.outputs['reason-code']],
      [1, 'verified', 'recipient_removed'],
    );
    assert.equal(red.outputs['removed-recipients'], taken);
    assert.match(red.log, new RegExp(`${taken} will open no further backup: put it back .*acknowledged-recipients`));
    const refused = await run('migrate-with-backup', source());
    assert.deepEqual([refused.code, refused.outputs['reason-code']], [1, 'recipient_removed'], refused.log);
    assert.deepEqual(await query(url, `SELECT count(*)::int AS n FROM pg_attribute WHERE attname = 'rating'`), [
      { n: 0 },
    ]);

    const acknowledged = await run('migrate-with-backup', { ...source(), 'acknowledged-recipients': taken });
    assert.equal(acknowledged.code, 0, acknowledged.log);
    assert.equal(acknowledged.outputs.decision, 'applied');
    assert.match(acknowledged.log, new RegExp(`no longer a recipient: ${taken}`));
    const later = await run('backup', source());
    assert.deepEqual([later.code, later.outputs['removed-recipients']], [0, ''], later.log);
  });
});
