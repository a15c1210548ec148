import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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
const skip = installed ? false : 'no PostgreSQL server programs on this machine';

describe('backup through commands of the consumer, the bundle', { skip }, () => {
  let cluster: Cluster;
  let folder: string;
  let url: string;
  let recipient: string;
  before(async () => {
    cluster = await startCluster();
    folder = await mkdtemp(join(tmpdir(), 'backup-command-'));
    ({ recipient } = await createOneTimeKey());
    url = await createDatabase(cluster, `CREATE TABLE notes (v text); INSERT INTO notes VALUES ('canary')`);
  });
  after(async () => {
    await Promise.allSettled([cluster?.stop(), removeWorkspaces()]);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  const run = (inputs: Record<string, string>) =>
    runBundle({
      action: 'backup',
      inputs: {
        'database-url': url,
        'backup-destination': 'command',
        'store-command': 'test "$DRIVE_TOKEN" = drive-secret-value && cat > "$DRIVE_FOLDER/$BACKUP_FILE"',
        'fetch-command': 'echo "token $DRIVE_TOKEN" >&2; cat "$DRIVE_FOLDER/$BACKUP_FILE"',
        'command-environment': 'DRIVE_FOLDER\nDRIVE_TOKEN',
        'age-recipients': recipient,
        ...inputs,
      },
      environment: { DRIVE_FOLDER: folder, DRIVE_TOKEN: 'drive-secret-value' },
    });

  test('what lies there has the digest of the manifest, was restored from there, and holds no readable byte', async () => {
    const made = await run({});
    assert.equal(made.code, 0, made.log);
    assert.deepEqual([made.outputs.decision, made.outputs['reason-code']], ['verified', 'restored_and_equal']);
    const names = await readdir(folder);
    const manifest = JSON.parse(await readFile(join(folder, made.outputs['backup-manifest'] ?? ''), 'utf8'));
    const bytes = await readFile(join(folder, manifest.object.file));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), manifest.object.sha256);
    assert.deepEqual(manifest.destinations, ['a command of your own']);
    for (const name of names) assert.doesNotMatch(await readFile(join(folder, name), 'latin1'), /canary|drive-secret/);
    const shown = made.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    assert.doesNotMatch(shown.join('\n'), /canary|drive-secret-value/);
  });

  test('a command that keeps other bytes than it was given is a mismatch, and one that fails ends the backup', async () => {
    const altered = await run({ 'store-command': `tr 'a' 'b' > "$DRIVE_FOLDER/$BACKUP_FILE"`, environment: 'altered' });
    assert.deepEqual([altered.code, altered.outputs['reason-code']], [1, 'digest_mismatch'], altered.log);
    const full = await run({
      'store-command': 'cat > /dev/null; echo quota exceeded >&2; exit 3',
      environment: 'full',
    });
    assert.equal(full.code, 1);
    assert.match(full.log, /store-command of backup-full-.* ended with exit code 3: quota exceeded/);
  });

  test('both commands and every variable must be there, and none of ours is handed on', async () => {
    const refused = await run({ 'fetch-command': '', 'command-environment': 'GITHUB_TOKEN\nDRIVE_KEY\nA-B' });
    assert.equal(refused.code, 1);
    for (const mistake of [/fetch-command/, /GITHUB_TOKEN/, /DRIVE_KEY/, /A-B/]) assert.match(refused.log, mistake);
  });
});
