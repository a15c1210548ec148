import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { startStore, storeMissing, type TestStore } from '#backup/test-s3';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';

describe('backup into a bucket and restore from there, the bundles', { skip }, () => {
  let cluster: Cluster;
  let store: TestStore;
  let key: { identity: string; recipient: string };
  let url: string;
  before(async () => {
    [cluster, store, key] = await Promise.all([startCluster(), startStore(), createOneTimeKey()]);
    url = await createDatabase(cluster, `CREATE TABLE notes (v text); INSERT INTO notes VALUES ('canary')`);
  });
  after(async () => {
    await Promise.allSettled([cluster?.stop(), store?.stop(), removeWorkspaces()]);
  });
  const bucket = () => ({
    'backup-destination': 's3://backups/notes/production',
    's3-endpoint': store.connection.endpoint ?? '',
    's3-access-key-id': store.connection.accessKeyId,
    's3-secret-access-key': store.connection.secretAccessKey,
  });

  test('on a schedule of a hosted runner: stored, proven, without a readable byte or a secret in sight', async () => {
    const hosted = { RUNNER_ENVIRONMENT: 'github-hosted', GITHUB_EVENT_NAME: 'schedule' };
    const inputs = { ...bucket(), 'database-url': url, 'age-recipients': key.recipient };
    const run = await runBundle({ action: 'backup', inputs, environment: hosted });
    assert.equal(run.code, 0, run.log);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['verified', 'restored_and_equal']);
    const folder = join(store.folder, 'notes/production');
    const names = await readdir(folder);
    assert.equal(names.length, 3);
    for (const name of names) assert.doesNotMatch(await readFile(join(folder, name), 'latin1'), /canary/);
    const object = names.find((name) => name.endsWith('.dump.zst.age')) ?? '';
    const digest = createHash('sha256').update(await readFile(join(folder, object)));
    assert.equal(run.outputs.digest, `sha256:${digest.digest('hex')}`);
    const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    assert.doesNotMatch(shown.join('\n'), /canary|test-secret-of-the-store/);

    const restored = await runBundle({
      action: 'restore',
      inputs: {
        ...bucket(),
        manifest: run.outputs['backup-manifest'] ?? '',
        digest: run.outputs.digest ?? '',
        'age-identity': key.identity,
      },
    });
    assert.equal(restored.code, 0, restored.log);
    assert.deepEqual([restored.outputs.decision, restored.outputs['reason-code']], ['restored', 'restored_to_scratch']);
  });

  test('a store that refuses leaves nothing behind and says why', async () => {
    const inputs = { ...bucket(), 'database-url': url, 'age-recipients': key.recipient, environment: 'refused' };
    const run = await runBundle({ action: 'backup', inputs: { ...inputs, 's3-secret-access-key': 'another-secret' } });
    assert.equal(run.code, 1);
    assert.match(run.log, /the secret does not belong to the access key.*BACKUP_S3_SECRET_ACCESS_KEY/);
    const missing = await runBundle({
      action: 'backup',
      inputs: { ...inputs, 's3-endpoint': '', 's3-access-key-id': '' },
    });
    for (const name of ['s3-access-key-id', 's3-region']) assert.match(missing.log, new RegExp(name));
  });
});
