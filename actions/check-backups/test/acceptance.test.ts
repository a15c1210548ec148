import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { type BackupManifest, formatManifest } from '#backup/manifest';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

const folders: string[] = [];
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'check-backups-'));
  folders.push(folder);
});
after(async () => {
  await removeWorkspaces();
  await Promise.all(folders.map((one) => rm(one, { recursive: true, force: true })));
});

/** Three files as a backup leaves them; their bytes do not matter here. */
async function store(name: string, days: number, more: Partial<BackupManifest> = {}): Promise<void> {
  const createdAt = Date.now() / 1000 - days * 86_400;
  const object = { file: `${name}.dump.zst.age`, bytes: 4, sha256: 'a'.repeat(64) };
  const contents = { file: `${name}.contents.zst.age`, bytes: 4, sha256: 'b'.repeat(64) };
  const manifest: BackupManifest = {
    schemaVersion: 1,
    name,
    createdAt,
    kind: 'scheduled',
    environment: 'production',
    object: { ...object, format: 'pg_dump custom', compression: 'zstd', encryption: 'age' },
    contents,
    plainBytes: 9,
    source: {
      serverVersion: '15.1',
      databaseBytes: 9,
      pgDumpVersion: '15.1',
      identity: 'sha256:a',
      snapshotAt: createdAt,
    },
    relations: 1,
    rows: 1,
    tables: [],
    notInBackup: [],
    recipients: [],
    destinations: [],
    verification: {
      verdict: 'verified',
      reasonCode: 'restored_and_equal',
      message: '',
      differences: [],
      leftOut: [],
      remarks: [],
      separateUser: true,
    },
    seconds: { dump: 1, readBack: 1, restore: 1, compare: 1, total: 4 },
    restoreCommand: '',
    ...more,
  };
  for (const { file } of [object, contents]) await writeFile(join(folder, file), 'seal');
  await writeFile(join(folder, `${name}.manifest.json`), formatManifest(manifest));
}
const check = (more: Record<string, string> = {}, files: Record<string, string> = {}) =>
  runBundle({
    action: 'check-backups',
    inputs: { environment: 'production', 'backup-destination': 'directory', 'backup-path': folder, ...more },
    files,
  });
const left = async () => (await readdir(folder)).filter((name) => name.endsWith('.manifest.json')).sort();

test('a young verified backup is fresh, and what is old is removed only where it is asked for', async () => {
  await store('new', 0.5);
  await store('month', 31);
  await store('by-hand', 31, { kind: 'manual' });
  await writeFile(join(folder, 'thesis.pdf'), 'not ours');
  const looked = await check();
  assert.deepEqual([looked.code, looked.outputs.decision, looked.outputs.pruned], [0, 'fresh', '[]'], looked.log);
  assert.match(looked.outputs.summary ?? '', /12 h old \(limit 26 h\): new; the time of 1 is over/);
  const pruned = await check({ prune: 'true' });
  assert.deepEqual(
    [pruned.code, pruned.outputs.pruned, pruned.outputs['backup-manifest']],
    [0, '["month"]', 'new.manifest.json'],
  );
  const names = await readdir(folder);
  assert.deepEqual(
    names.filter((name) => name.startsWith('month')),
    [],
  );
  assert.equal(names.length, 7);
  const configured = await check(
    { prune: 'true' },
    { '.github/ops.yml': 'environments: { production: {} }\ndatabase: { backup: { retention: { manual: 10d } } }\n' },
  );
  assert.equal(configured.outputs.pruned, '["by-hand"]', configured.log);
});

test('nothing is removed and the run is red when the newest verified backup is too old, or there is none', async () => {
  await store('old', 1.2);
  await store('older', 200);
  const stale = await check({ prune: 'true' });
  assert.deepEqual(
    [stale.code, stale.outputs.decision, stale.outputs['reason-code']],
    [1, 'stale', 'too_old'],
    stale.log,
  );
  assert.match(stale.log, /nothing is removed: the newest backup old\.manifest\.json is itself too old/);
  assert.deepEqual(await left(), ['old.manifest.json', 'older.manifest.json']);
  const none = await check({ environment: 'staging' });
  assert.deepEqual([none.code, none.outputs['reason-code']], [1, 'no_backup']);
});

test('a newest backup that is not verified keeps all others, and is said', async () => {
  await store('good', 0.9);
  await store('older', 200);
  await store('failed', 0.1, {
    verification: {
      verdict: 'mismatch',
      reasonCode: 'restored_differs',
      message: '',
      differences: [],
      leftOut: [],
      remarks: [],
      separateUser: true,
    },
  });
  const run = await check({ prune: 'true' });
  assert.deepEqual([run.code, run.outputs.decision, run.outputs.pruned], [0, 'fresh', '[]'], run.log);
  assert.match(run.log, /nothing is removed: the newest backup failed\.manifest\.json is mismatch/);
  assert.match(run.outputs.summary ?? '', /1 backup since then could not be verified/);
});

test('artifacts and missing keys are refused at once', async () => {
  const run = await check({ 'backup-destination': 'artifact\ns3://notes' });
  assert.equal(run.code, 1);
  for (const word of [/is kept and removed by GitHub/, /s3-access-key-id/, /s3-region/]) assert.match(run.log, word);
});
