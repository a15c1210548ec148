import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { startSandbox } from '#sandbox/start-sandbox';
import { storedFile } from '#sandbox/supabase/storage-state';

after(removeWorkspaces);

test('the bundle copies the objects of a project, and shows neither names nor contents', async (t) => {
  const sandbox = await startSandbox({ postgres: false });
  t.after(() => sandbox.close());
  const { storage } = sandbox.supabase;
  storage.buckets.set('avatars', {
    public: false,
    files: new Map([['a.png', storedFile(Buffer.from('canary'), null)]]),
  });
  const { recipient } = await createOneTimeKey();
  const run = await runBundle({
    action: 'storage-backup',
    inputs: {
      'source-key': storage.secretKey,
      'supabase-project': sandbox.description.supabase.project,
      'backup-destination': 'directory',
      'backup-path': 'kept',
      'age-recipients': recipient,
    },
    environment: { OPS_ACTIONS_SOURCE_STORAGE_URL: sandbox.description.supabase.apiUrl },
  });
  assert.deepEqual([run.code, run.outputs.decision], [0, 'copied'], run.log);
  assert.match(run.outputs.summary ?? '', /^1 objects in 1 buckets: 1 copied \(6 B\), 0 unchanged$/);
  const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  assert.doesNotMatch(`${shown.join('\n')}${run.summary}`, /canary|a\.png|sb_secret_/);
  const manifest = await run.read(`kept/objects/${run.outputs['backup-manifest']}`);
  assert.doesNotMatch(manifest, /avatars|a\.png/);
});
