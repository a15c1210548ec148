import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { type BackupResult, createBackup } from '#backup/create-backup';
import { directoryDestination } from '#backup/destination';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase, query } from '#backup/test-database';
import { systemClock } from '#http/clock';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

const installed = (await listPostgres()).some((found) => found.server);

describe('restore, the bundle', installed ? {} : { skip: 'no PostgreSQL server programs on this machine' }, () => {
  let cluster: Cluster;
  let folder: string;
  let key: { identity: string; recipient: string };
  let url: string;
  let name: string;
  let made: BackupResult;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'restore-acceptance-'));
    key = await createOneTimeKey();
    url = await createDatabase(
      cluster,
      `CREATE TABLE notes (id int PRIMARY KEY, v text); INSERT INTO notes SELECT g, 'v' || g FROM generate_series(1, 100) g`,
    );
    name = new URL(url).pathname.slice(1);
    made = await backup('first');
  });
  after(async () => {
    await cluster?.stop();
    await removeWorkspaces();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  const backup = (title: string) =>
    createBackup({
      url,
      name: title,
      destinations: [directoryDestination(folder)],
      recipients: [key.recipient],
      clock: systemClock,
    });
  const restore = (more: Record<string, string> = {}) =>
    runBundle({
      action: 'restore',
      inputs: {
        manifest: made.manifestFile,
        digest: `sha256:${made.manifest.object.sha256}`,
        'backup-path': folder,
        'age-identity': key.identity,
        ...more,
      },
    });

  test('without a target it is a rehearsal on a scratch server', async () => {
    const run = await restore();
    assert.equal(run.code, 0, run.log);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['restored', 'restored_to_scratch']);
    assert.ok((run.result.seconds as { restore: number }).restore > 0);
    const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    assert.ok(!shown.join('\n').includes(key.identity.slice(16, 40)));
  });

  test('a live database is replaced only when its name is typed; its state before is kept and the loss is told', async () => {
    const refused = await restore({ 'target-url': url, confirm: 'another' });
    assert.equal(refused.code, 1);
    assert.match(refused.log, /confirm.*must be the name of the database that would be replaced/);
    await query(url, `DELETE FROM notes WHERE id > 10; INSERT INTO notes VALUES (1000, 'new')`);
    const run = await restore({
      ...{ 'target-url': url, confirm: name, 'age-recipients': key.recipient },
      ...{ 'check-tables': 'notes', 'check-queries': 'no old ones: SELECT id FROM notes WHERE id < 1' },
    });
    assert.equal(run.code, 0, run.log);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['restored', 'restored_live']);
    assert.match(run.log, /checked: table notes: 100 rows/);
    assert.match(run.log, /Lost or changed by going back: public\.notes: 11 rows now, 100 in the backup/);
    assert.deepEqual(await query(url, 'SELECT count(*)::int AS n, max(id) AS last FROM notes'), [
      { n: 100, last: 100 },
    ]);
    assert.match(run.outputs['backup-manifest'] ?? '', /^before-restore-/);
  });

  test('a dump that fails in the middle leaves the live database as it was', async () => {
    const other = await createDatabase(
      cluster,
      `CREATE TABLE notes (id int PRIMARY KEY); INSERT INTO notes VALUES (1); CREATE VIEW uses AS SELECT id FROM notes`,
    );
    const confirm = new URL(other).pathname.slice(1);
    const run = await restore({ 'target-url': other, confirm, 'age-recipients': key.recipient });
    assert.equal(run.code, 1);
    assert.deepEqual([run.outputs.decision, run.outputs['reason-code']], ['refused', 'restore_failed']);
    assert.match(run.log, /it ran in one transaction, so the database is as it was/);
    assert.deepEqual(await query(other, 'SELECT id FROM uses'), [{ id: 1 }]);
  });

  test('without a typed digest and without a ledger that knows the backup nothing is opened', async () => {
    const run = await restore({ digest: '' });
    assert.equal(run.code, 1);
    assert.match(run.log, /digest: is needed: the ledger does not know .*everybody can encrypt to a public key/);
  });

  test('a backup that somebody put in its place is refused before it is decrypted', async () => {
    const forged = await backup('forged');
    for (const end of ['manifest.json', 'dump.zst.age', 'contents.zst.age']) {
      await copyFile(join(folder, `${forged.manifest.name}.${end}`), join(folder, `second.${end}`));
    }
    const run = await restore({ manifest: 'second.manifest.json' });
    assert.deepEqual([run.code, run.outputs['reason-code']], [1, 'digest_mismatch']);
    assert.match(run.log, /somebody has replaced it; nothing was decrypted/);
    await copyFile(join(folder, 'forged.dump.zst.age'), join(folder, made.manifest.object.file));
    const bytes = await restore();
    assert.deepEqual([bytes.code, bytes.outputs['reason-code']], [1, 'digest_mismatch']);
    assert.match(bytes.log, /nothing was decrypted/);
  });
});
