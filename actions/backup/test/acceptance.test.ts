import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

const installed = (await listPostgres()).some((found) => found.server);

describe('backup, the bundle', installed ? {} : { skip: 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let folder: string;
  let recipient: string;
  let url: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'backup-acceptance-'));
    ({ recipient } = await createOneTimeKey());
    url = await createDatabase(cluster, `CREATE TABLE notes (v text); INSERT INTO notes VALUES ('canary')`);
  });
  after(async () => {
    await cluster?.stop();
    await removeWorkspaces();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  test('stores, proves and describes a backup', async () => {
    const inputs = {
      'database-url': url,
      'backup-destination': 'directory',
      'backup-path': folder,
      'age-recipients': recipient,
    };
    const run = await runBundle({ action: 'backup', inputs });
    assert.equal(run.code, 0, run.log);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['verified', 'restored_and_equal']);
    assert.match(run.outputs.digest ?? '', /^sha256:[0-9a-f]{64}$/);
    const names = await readdir(folder);
    assert.ok(names.includes(run.outputs['backup-manifest'] ?? ''));
    for (const name of names) assert.doesNotMatch(await readFile(join(folder, name), 'latin1'), /canary/);
    assert.doesNotMatch(run.log, /canary/);
  });

  test('less than a restore is shown as weaker and is not called verified', async () => {
    const run = await runBundle({
      action: 'backup',
      inputs: {
        'database-url': url,
        'backup-destination': 'directory',
        'backup-path': folder,
        'age-recipients': recipient,
        verify: 'checksum',
        environment: 'weaker',
      },
    });
    assert.equal(run.code, 0, run.log);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['could-not-verify', 'checksum_only']);
    assert.match(run.log, /::warning::Weaker than standard: the backup is not restored \(verify: checksum\)/);
  });

  test('every mistake is named at once, before anything is started', async () => {
    const hosted = { RUNNER_ENVIRONMENT: 'github-hosted' };
    const inputs = {
      'database-url': 'postgres://u@h:6543/d',
      'backup-destination': 'directory\ndrive',
      'age-recipients': recipient,
    };
    const run = await runBundle({ action: 'backup', inputs, environment: hosted });
    assert.equal(run.code, 1);
    for (const word of [/drive/, /backup-path/, /removes after the job/, /6543 is the transaction pooler/]) {
      assert.match(run.log, word);
    }
  });
});
