import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { createGitHub } from '#github/client';
import { systemClock } from '#http/clock';
import { type BackupLedger, openBackupLedger } from '#release/backup-ledger';
import type { Sandbox } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { chooseBefore } from '../src/choose-backup.ts';
import { removeFolders, runPointInTime } from './point-in-time-run.ts';

const installed = (await listPostgres()).some((found) => found.server);

describe('restore before a damage', installed ? {} : { skip: 'no PostgreSQL server programs here' }, () => {
  let sandbox: Sandbox;
  let cluster: Cluster;
  let folders: string[];
  let key: { identity: string; recipient: string };
  let url: string;
  let made: BackupResult[];
  let damage: string;
  let ledger: BackupLedger;
  before(async () => {
    sandbox = await startSandbox({ postgres: false });
    cluster = await startCluster({ listen: 'tcp' });
    folders = await Promise.all(['a', 'b'].map((name) => mkdtemp(join(tmpdir(), `restore-before-${name}-`))));
    key = await createOneTimeKey();
    url = await createDatabase(cluster, 'CREATE TABLE notes (id int PRIMARY KEY, v text)');
    ledger = openBackupLedger(
      createGitHub(sandbox.description.github),
      { environment: 'production', production: true, ref: '0'.repeat(40) },
      { info: () => {}, warning: assert.fail },
    );
    const backup = async (name: string, folder = '') => {
      const destinations = [directoryDestination(folder)];
      const base = { url, name, destinations, recipients: [key.recipient], clock: systemClock };
      const one = await createBackup({ ...base, environment: 'production' });
      await ledger.keep(one);
      return one;
    };
    made = [await backup('first', folders[0])];
    await query(url, "INSERT INTO notes VALUES (1, 'right')");
    made.push(await backup('second', folders[0]), await backup('elsewhere', folders[1]));
    await wait(1_100);
    damage = new Date().toISOString();
    await wait(1_100);
    await query(url, "UPDATE notes SET v = 'damaged'");
    made.push(await backup('third', folders[0]));
  });
  after(async () => {
    await sandbox?.close();
    await cluster?.stop();
    await removeFolders();
    for (const folder of folders ?? []) await rm(folder, { recursive: true, force: true });
  });
  const run = (inputs: Record<string, string>) =>
    runPointInTime(sandbox, {
      ...{ mode: 'restore', 'backup-destination': 'directory', 'backup-path': folders[0] ?? '' },
      ...{ 'age-identity': key.identity, 'target-url': url, confirm: new URL(url).pathname.slice(1) },
      ...{ 'age-recipients': key.recipient, ...inputs },
    });

  test('of three backups the one between which and the next the damage lies comes back, which log and result say', async () => {
    const { result, log } = await run({ before: damage, 'restore-within': '1s' });
    assert.deepEqual([result.decision, result.reasonCode], ['restored', 'restored_live'], log);
    assert.deepEqual(await query(url, 'SELECT v FROM notes'), [{ v: 'right' }]);
    // What was given up is a backup of the environment like every other one (S26).
    const saved = await ledger.digestsOf(String(result.outputs?.['backup-manifest']));
    assert.match(String(saved?.object), /^[0-9a-f]{64}$/);
    assert.match(log, /chosen: second\.manifest\.json in .*: the newest verified backup of production from before /);
    assert.match(
      result.summary,
      /Chosen: the newest verified backup .* with the rows of .*; what was written since is lost/,
    );
    // It took longer than one second, and says so.
    assert.match(result.summary, /LATE: all of it took .*, and it may take 1 s/);
    const { time, chosen } = result.details as { time: { late: boolean; targetSeconds: number }; chosen: string };
    assert.deepEqual([time.late, time.targetSeconds, chosen.includes('production')], [true, 1, true]);
  });

  test('it is chosen across destinations, by the time of its rows, and only where the ledger knows it', async () => {
    const destinations = folders.map((folder) => directoryDestination(folder));
    const lines: string[] = [];
    const wanted = { environment: 'production', before: Date.parse(damage) / 1000, now: Date.now() / 1000, ledger };
    const log = (line: string) => void lines.push(line);
    assert.equal((await chooseBefore(destinations, { ...wanted, log }))?.manifestFile, made[2]?.manifestFile);
    const knows: BackupLedger['knows'] = async ({ manifestFile }) => manifestFile !== made[2]?.manifestFile;
    const other = await chooseBefore(destinations, { ...wanted, ledger: { knows }, log });
    assert.equal(other?.manifestFile, made[1]?.manifestFile);
    assert.match(lines.join(), /elsewhere\.manifest\.json is not used/);
    assert.equal(await chooseBefore(destinations, { ...wanted, before: 5, log }), undefined);
  });

  test('none that is old enough is a refusal, and every mistake in the asking is named', async () => {
    const none = (await run({ before: '2020-01-01T00:00:00Z' })).result;
    assert.deepEqual([none.decision, none.reasonCode], ['refused', 'no_backup_before']);
    const asking = run({ before: 'yesterday', manifest: 'x.manifest.json', digest: '0'.repeat(64), environment: '' });
    await assert.rejects(asking, /manifest.*two ways.*digest.*two ways.*environment.*is needed by before.*no moment/s);
  });

  test('a drill says that no way back of the app is recorded, and what one took beside its target', async () => {
    const drill = async () => {
      const inputs = { mode: 'drill', 'target-url': '', confirm: '', 'age-recipients': '' };
      const { result, log } = await run(inputs);
      assert.equal(result.decision, 'passed', log);
      return result.details as { remarks: string[]; frontend?: { seconds: number; what: string } };
    };
    assert.match((await drill()).remarks.join(), /no way back of the app is recorded/);
    const github = createGitHub(sandbox.description.github);
    const { id } = await github.createDeployment({
      ...{ ref: '0'.repeat(40), task: 'ops-actions', environment: 'staging', description: '', production: false },
      payload: {
        ...{ schemaVersion: 1, key: '1:staging:5', runId: 5, commit: '0'.repeat(40), version: 'v1', as: 'production' },
        ...{ autoAssign: true, mode: 'auto', firstDeployment: false, rehearsal: true },
      },
    });
    for (const description of ['ops:rollback:intent:dpl_a', 'ops:rollback:outcome:rolled-back'])
      await github.createStatus(id, { state: 'in_progress', description, autoInactive: false });
    const { frontend } = await drill();
    assert.match(frontend?.what ?? '', /^rehearsed on staging, /);
    assert.ok((frontend?.seconds ?? 300) < 300);
  });
});
