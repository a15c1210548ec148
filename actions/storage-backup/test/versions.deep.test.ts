import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startStore, storeMissing, type TestStore } from '#backup/test-s3';
import { dayMs, type StorageRuns, startStorageRuns } from './storage-run.ts';

describe('versions of objects in a bucket outside', { skip: storeMissing, concurrency: 1 }, () => {
  let runs: StorageRuns;
  let store: TestStore;
  const start = Date.now() - 60 * dayMs;
  before(async () => {
    store = await startStore();
    const { endpoint = '', accessKeyId, secretAccessKey } = store.connection;
    runs = await startStorageRuns(() => ({
      'backup-destination': 's3://backups/notes/production',
      's3-endpoint': endpoint,
      's3-access-key-id': accessKeyId,
      's3-secret-access-key': secretAccessKey,
    }));
  });
  after(async () => {
    await Promise.allSettled([runs?.stop(), store?.stop()]);
  });
  const stored = async () => {
    const names = await readdir(join(store.folder, 'notes/production/objects')).catch(() => []);
    return names.filter((name) => name.includes('.object.zst.age'));
  };
  const prune = (at: number) => runs.run({ mode: 'prune', 'source-key': '' }, { at });
  const night = async (day: number) => {
    const made = await runs.run({}, { at: start + day * dayMs });
    assert.equal(made.decision, 'copied', made.shown);
    return made;
  };

  test('an overwritten object has both versions in the bucket, the earlier one is restored, and after 31 days only the current one is left', async () => {
    runs.put('a.png', 'canary-earlier');
    await night(0);
    const [earlier] = await stored();
    runs.put('a.png', 'canary-current');
    await night(1);
    assert.equal((await stored()).length, 2, 'both versions');
    const before = new Date(start + dayMs / 2).toISOString();
    const back = await runs.run({
      mode: 'restore',
      before,
      'target-path': join(runs.folder, 'back'),
      'source-key': '',
    });
    assert.deepEqual([back.decision, back.reasonCode], ['restored', 'all_written'], back.shown);
    await night(30);
    const young = await prune(start + 30 * dayMs);
    assert.deepEqual([young.decision, (await stored()).length], ['pruned', 2], young.shown);
    await night(32);
    const old = await prune(start + 32.1 * dayMs);
    assert.deepEqual([old.decision, old.details?.versions], ['pruned', 1], old.shown);
    const left = await stored();
    assert.equal(left.length, 1);
    assert.notEqual(left[0], earlier, 'the current one stays');
    const now = await runs.run({
      mode: 'restore',
      before: new Date(start + 33 * dayMs).toISOString(),
      'source-key': '',
    });
    assert.deepEqual([now.decision, now.details?.restored], ['rehearsed', 1], now.shown);
  });

  test('nothing is removed while no copy is young, and the run is red', async () => {
    const found = await prune(start + 70 * dayMs);
    assert.deepEqual(
      [found.decision, found.reasonCode, found.failed],
      ['kept', 'no_fresh_catalogue', true],
      found.shown,
    );
    assert.equal((await stored()).length, 1);
  });

  test('a store that loses an answer, or the connection, still has every version once and whole', async () => {
    for (const name of ['b.png', 'c.png']) runs.put(name, `canary-${name}`);
    store.faults = ({ method, url, count }) =>
      count === 1 && method === 'PUT' && url.includes('.object.') ? 'lose-answer' : undefined;
    const made = await runs.run({});
    store.faults = ({ method, url, count }) =>
      count === 1 && method === 'GET' && url.includes('.object.') ? 'cut-answer' : undefined;
    assert.equal(made.reasonCode, 'all_copied', made.shown);
    const opened = await runs.run({
      mode: 'restore',
      manifest: made.outputs?.['backup-manifest'] ?? '',
      'source-key': '',
    });
    store.faults = undefined;
    assert.deepEqual([opened.decision, opened.details?.restored], ['rehearsed', 3], opened.shown);
  });
});
