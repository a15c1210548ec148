import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import pg from 'pg';
import { createRunner } from '#action-kit/runner';
import { type BackupManifest, digestOf, formatManifest } from '#backup/manifest';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { openBackupLedger } from '#release/backup-ledger';
import { type Scene, setScene } from '../../../packages/release/test/scene.ts';
import { look } from '../src/look.ts';

const hour = 60 * 60_000;
let scene: Scene;
let cluster: Cluster;
let admin: pg.Client;
let folder: string;
before(async () => {
  scene = await setScene();
  cluster = await startCluster({ listen: 'tcp' });
  admin = new pg.Client({ connectionString: cluster.url });
  await admin.connect();
  folder = await mkdtemp(join(tmpdir(), 'row-counts-'));
  await admin.query(`CREATE TABLE notes (id int); INSERT INTO notes SELECT generate_series(1, 100);
    CREATE TABLE "Odd Name" (id int); INSERT INTO "Odd Name" VALUES (1), (2);
    CREATE TABLE jobs (id int);
    CREATE ROLE reader LOGIN PASSWORD '${new URL(cluster.url).password}'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader`);
});
after(async () => {
  await admin?.end();
  await cluster?.stop();
  await scene?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

const promotedAt = Date.now() - hour;

/** What a backup leaves: an object, and the manifest that says what is in it. */
async function storeBackup(name: string, agoMs: number, tables: BackupManifest['tables']) {
  const object = { file: `${name}.dump.zst.age`, bytes: 7, sha256: 'a'.repeat(64) };
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  const manifest: BackupManifest = {
    schemaVersion: 1,
    name,
    createdAt: (Date.now() - agoMs) / 1000,
    environment: 'production',
    object: { ...object, format: 'pg_dump custom', compression: 'zstd', encryption: 'age' },
    plainBytes: 7,
    source: { serverVersion: '17.5', databaseBytes: 7, pgDumpVersion: '17.5' },
    relations: tables.length,
    rows,
    tables,
    notInBackup: [],
    recipients: ['age1'],
    destinations: [],
    verification: {
      ...{ verdict: 'verified', reasonCode: 'restored_and_equal', message: '', separateUser: true },
      ...{ differences: [], leftOut: [], remarks: [] },
    },
    seconds: { dump: 1, readBack: 1, restore: 1, compare: 1, total: 4 },
    restoreCommand: '',
  };
  const text = formatManifest(manifest);
  await writeFile(join(folder, object.file), '1234567');
  await writeFile(join(folder, `${name}.manifest.json`), text);
  return { manifest, manifestDigest: digestOf(text) };
}

async function found(
  more: { given?: object; event?: object; except?: string[]; user?: string } = {},
): Promise<[string | undefined, string | undefined]> {
  const { github } = await scene.connect();
  const eventPath = join(folder, '..', `event-${process.pid}.json`);
  await writeFile(eventPath, JSON.stringify(more.event ?? {}));
  const runner = createRunner({
    environment: { GITHUB_WORKSPACE: '/', GITHUB_EVENT_PATH: eventPath },
    write: () => {},
  });
  const url = new URL(cluster.url);
  if (more.user !== undefined) url.username = more.user;
  const given = { databaseUrl: url.href, loginRole: false, backupDestination: ['directory'], backupPath: folder };
  const settings = {
    ...{ environment: 'production', production: true, database: {}, smoke: {} },
    afterRelease: { rowCountsExcept: more.except },
  };
  const about = { github, wanted: new Set(['rows']), commit: '', promotedAt, facts: { decision: 'released' } };
  const answers = await look(runner, { ...given, ...more.given } as never, settings as never, about as never);
  const { verdict, value } = answers.get('rows') ?? {};
  return [verdict, value];
}

test('rows that are gone since the backup before the release are told by their table (PDW-06)', async () => {
  const none = await found();
  assert.equal(none[0], 'needs-confirmation');
  assert.match(none[1] ?? '', /^not judged: no verified backup from the 26 h before the release is there/);

  const tables = [
    { name: 'public.notes', rows: 100 },
    { name: 'public."Odd Name"', rows: 2 },
    { name: 'public.jobs', rows: 50 },
  ];
  const made = await storeBackup('before', 2 * hour, tables);
  assert.equal((await found())[0], 'needs-confirmation', 'a manifest that the ledger does not know is nobody’s word');

  const { github } = await scene.connect();
  const given = { environment: 'production', production: true, ref: scene.commits.at(-1) ?? '' };
  await openBackupLedger(github, given, { info: () => {}, warning: assert.fail }).keep(made);
  assert.deepEqual(await found(), ['fail', 'public.jobs has no rows left']);
  const except = ['public.jobs'];
  assert.deepEqual(await found({ except }), ['pass', 'none of 2 tables has lost rows beyond the tolerance']);

  await admin.query('DELETE FROM notes WHERE id > 40');
  assert.deepEqual(await found({ except }), ['fail', 'public.notes has 60 % fewer rows than before the release']);

  await admin.query('ALTER TABLE notes ENABLE ROW LEVEL SECURITY');
  assert.deepEqual(await found({ except, user: 'reader' }), [
    'could-not-run',
    'public.notes cannot be counted (SQLSTATE 42501)',
  ]);

  const everybody = await found({ event: { repository: { private: false } } });
  assert.deepEqual(everybody, [
    'needs-confirmation',
    'not judged: in a public repository the counts of a backup lie inside its encryption',
  ]);
  const bucket = await found({ given: { backupDestination: ['s3://notes/production'], s3Region: 'eu-central-1' } });
  assert.equal(bucket[0], 'needs-confirmation');
  assert.match(bucket[1] ?? '', /s3-access-key-id is needed by the destination s3 \(secret BACKUP_S3_ACCESS_KEY_ID\)/);
});
