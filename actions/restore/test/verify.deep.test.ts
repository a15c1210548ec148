import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { createGitHub } from '#github/client';
import { systemClock } from '#http/clock';
import { openBackupLedger } from '#release/backup-ledger';
import { tryReadVerifications } from '#release/verification-record';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('verification of what is stored', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let cluster: Cluster;
  let folder: string;
  let key: { identity: string; recipient: string };
  let older: BackupResult;
  let newest: BackupResult;
  /** Files of the newest one as they were stored. */
  const files = new Map<string, Buffer>();
  const path = (name: string) => join(folder, name);
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'verify-stored-'));
    key = await createOneTimeKey();
    const url = await createDatabase(
      cluster,
      `CREATE TABLE notes (id int PRIMARY KEY, v text); INSERT INTO notes SELECT g, 'canary-row' FROM generate_series(1, 50) g; CREATE TABLE empty (id int)`,
    );
    const ledger = openBackupLedger(
      createGitHub(sandbox.description.github),
      { environment: 'production', production: true, ref: '0'.repeat(40) },
      { info: () => {}, warning: assert.fail },
    );
    const backup = async (name: string) => {
      const destinations = [directoryDestination(folder)];
      const base = { url, name, destinations, recipients: [key.recipient], clock: systemClock };
      const made = await createBackup({ ...base, environment: 'production' });
      await ledger.keep(made);
      return made;
    };
    older = await backup('older');
    await query(url, 'DELETE FROM notes WHERE id > 10');
    newest = await backup('newest');
    for (const name of [newest.manifestFile, newest.manifest.object.file]) files.set(name, await readFile(path(name)));
  });
  beforeEach(async () => {
    for (const [name, bytes] of files) await writeFile(path(name), bytes);
  });
  after(async () => {
    await sandbox?.close();
    await cluster?.stop();
    await removeFolders();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const verify = async (inputs: Record<string, string> = {}) => {
    const { result, log } = await runPointInTime(sandbox, {
      ...{ mode: 'verify', 'backup-destination': 'directory', 'backup-path': folder },
      ...{ 'age-identity': key.identity, ...inputs },
    });
    assert.doesNotMatch(log, /canary-row/);
    return { ...result, log };
  };
  const newestRecord = async () =>
    (await tryReadVerifications(createGitHub(sandbox.description.github), 'production', assert.fail))?.[0];
  const object = () => newest.manifest.object.file;

  test('the newest one is read back, opened with a real key, restored and compared, an empty table and all', async () => {
    const { decision, reasonCode, failed, summary, log } = await verify();
    assert.deepEqual([decision, reasonCode, failed], ['verified', 'restored_and_equal', false], log);
    assert.match(
      summary,
      /^Stored backups of production verified: newest in directory .* verified: restored and equal: 2/,
    );
    assert.equal((await newestRecord())?.passed, true);
  });

  test('one byte that was changed is a mismatch although an older one is whole, and the record says so', async () => {
    const bytes = Buffer.from(files.get(object()) ?? '');
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    await writeFile(path(object()), bytes);
    const { decision, reasonCode, failed, summary } = await verify();
    assert.deepEqual([decision, reasonCode, failed], ['mismatch', 'digest_mismatch', true]);
    assert.match(summary, /newest in directory .* mismatch: .* holds other bytes of .*; nothing was decrypted/);
    assert.equal((await newestRecord())?.passed, false);
  });

  test('an object that lost its end, or is gone, is a mismatch', async () => {
    await truncate(path(object()), 100);
    assert.deepEqual((await verify()).reasonCode, 'incomplete');
    await rm(path(object()));
    const { decision, reasonCode, failed } = await verify();
    assert.deepEqual([decision, reasonCode, failed], ['mismatch', 'incomplete', true]);
  });

  test('two dumps that were swapped are a mismatch', async () => {
    const other = older.manifest.object.file;
    await rename(path(object()), path('kept'));
    await rename(path(other), path(object()));
    await rename(path('kept'), path(other));
    const { decision, failed } = await verify();
    await writeFile(path(other), await readFile(path(object())));
    assert.deepEqual([decision, failed], ['mismatch', true]);
  });

  test('a newest one that stands in no record is not verified, nor passed over for an older one', async (t) => {
    const forged = { ...newest.manifest, name: 'forged', createdAt: newest.manifest.createdAt + 60 };
    const source = { ...forged.source, snapshotAt: (forged.source.snapshotAt ?? 0) + 60 };
    await writeFile(path('forged.manifest.json'), JSON.stringify({ ...forged, source }));
    t.after(() => rm(path('forged.manifest.json')));
    const { decision, reasonCode, failed } = await verify();
    assert.deepEqual([decision, reasonCode, failed], ['could-not-verify', 'not_recorded', true]);
  });

  test('a key that opens nothing could not verify, and none at all is a mistake in the request', async () => {
    const stranger = await createOneTimeKey();
    const { decision, reasonCode, failed } = await verify({ 'age-identity': stranger.identity });
    assert.deepEqual([decision, reasonCode, failed], ['could-not-verify', 'encryption_failed', true]);
    await assert.rejects(verify({ 'age-identity': '' }), /age-identity.*no private key is given/);
  });

  test('without a key the bytes alone are compared: a warning, never a verification', async () => {
    const asked = { verify: 'digest', 'age-identity': '' };
    const { decision, reasonCode, failed, warning, summary, log } = await verify(asked);
    assert.deepEqual([decision, reasonCode, failed, warning], ['could-not-verify', 'digest_only', false, true]);
    assert.match(summary, /not restored, as verify: digest asks: every stored byte is the one that was recorded/);
    assert.match(log, /::warning::Weaker than standard: the stored backups are not restored/);
    assert.equal((await newestRecord())?.passed, false);
    await truncate(path(object()), 100);
    assert.equal((await verify(asked)).decision, 'mismatch');
  });

  test('an environment without a backup is not verified', async () => {
    const { decision, reasonCode, failed } = await verify({ environment: 'elsewhere' });
    assert.deepEqual([decision, reasonCode, failed], ['could-not-verify', 'no_backup', true]);
  });
});
