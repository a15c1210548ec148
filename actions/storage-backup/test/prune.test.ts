import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { dayMs, type StorageRuns, startStorageRuns } from './storage-run.ts';

describe('what is removed is said by the ledger, never by the store alone', { concurrency: 1 }, () => {
  let runs: StorageRuns;
  const start = Date.now() - 60 * dayMs;
  const late = { at: start + 40 * dayMs };
  before(async () => {
    runs = await startStorageRuns((folder) => ({
      'backup-destination': 'directory',
      'backup-path': join(folder, 'kept'),
    }));
    runs.put('a.png', 'canary-a');
    runs.put('b.png', 'canary-b');
  });
  after(() => runs?.stop());
  const place = () => join(runs.folder, 'kept/objects');
  const versions = async () => (await readdir(place())).filter((name) => name.includes('.object.zst.'));
  const prune = { mode: 'prune', 'source-key': '' };

  test('a catalogue that names nothing, put there by a stranger, removes nothing; without environment and token prune refuses', async () => {
    const made = await runs.run({}, { at: start });
    assert.equal(made.decision, 'copied', made.shown);
    // What a stranger can write who may write to the store: a younger, complete catalogue of the same environment.
    const own = made.outputs?.['backup-manifest'] ?? '';
    const manifest = JSON.parse(await readFile(join(place(), own), 'utf8'));
    const name = manifest.name.replace(/\d{8}T\d{6}Z-\d+/, '20991231T000000Z-9999');
    const forged = { ...manifest, name, createdAt: Math.floor(late.at / 1000) - 60, versions: {} };
    await writeFile(join(place(), `${name}.objects.json`), JSON.stringify(forged));
    const asked = await runs.run(prune, late);
    assert.deepEqual([asked.decision, asked.reasonCode], ['kept', 'no_fresh_catalogue'], asked.shown);
    assert.match(asked.shown, /9999\.1\.objects\.json in .* is not used: it stands in no record/);
    assert.equal((await versions()).length, 2);
    await assert.rejects(
      runs.run({ ...prune, environment: '', 'github-token': '' }, late),
      /environment: is needed by prune: .*names nothing \(S26\)[\s\S]*github-token: and its repository are needed by prune/,
    );
    await assert.rejects(runs.run({ ...prune, 'github-token': '' }, late), /github-token: and its repository/);
    assert.equal((await versions()).length, 2);
  });

  test('two environments that share a place prune their own versions only, although one copies less often', async () => {
    const shared = (environment: string) => ({ environment, 'backup-path': join(runs.folder, 'shared') });
    const lying = async () =>
      (await readdir(join(runs.folder, 'shared/objects'))).filter((name) => name.includes('.object.zst.'));
    const staging = await runs.run(shared('staging'), { at: start });
    assert.equal(staging.decision, 'copied', staging.shown);
    runs.put('a.png', 'canary-later');
    const made = await runs.run(shared('production'), late);
    assert.equal(made.decision, 'copied', made.shown);
    const [all, pruned] = [await lying(), await runs.run({ ...prune, ...shared('production') }, late)];
    assert.deepEqual([pruned.decision, pruned.details?.versions, await lying()], ['pruned', 0, all], pruned.shown);
    const manifest = staging.outputs?.['backup-manifest'] ?? '';
    const back = await runs.run({ ...shared('staging'), mode: 'restore', manifest, 'source-key': '' });
    assert.deepEqual([back.decision, back.details?.restored], ['rehearsed', 2], back.shown);
  });
});
