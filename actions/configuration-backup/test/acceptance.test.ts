import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createOneTimeKey } from '#backup/age-stream';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';
import { startSandbox } from '#sandbox/start-sandbox';

after(removeWorkspaces);

test('the bundle keeps the configuration, and its log and page have names and no values', async (t) => {
  const sandbox = await startSandbox({ postgres: false });
  t.after(() => sandbox.close());
  const { vercel } = sandbox.description;
  sandbox.vercel.setEnvironment(sandbox.vercel.project, { API_KEY: 'canary-of-a-variable-1f2e' });
  const { recipient } = await createOneTimeKey();
  const run = await runBundle({
    action: 'configuration-backup',
    inputs: {
      'vercel-token': vercel.token,
      'vercel-project': vercel.projectId,
      'vercel-team': vercel.teamId,
      'backup-destination': 'directory',
      'backup-path': 'kept',
      'age-recipients': recipient,
    },
    environment: { OPS_ACTIONS_VERCEL_API_URL: vercel.apiUrl },
  });
  assert.deepEqual([run.code, run.outputs.decision], [0, 'verified'], run.log);
  const shown = run.log.split('\n').filter((line) => !line.startsWith('::add-mask::'));
  assert.doesNotMatch(`${shown.join('\n')}${run.summary}${JSON.stringify(run.outputs)}`, /canary-of-a-variable/);
  assert.match(run.log, /::add-mask::canary-of-a-variable/);
  const manifest = await run.read(`kept/${run.outputs['backup-manifest']}`);
  assert.doesNotMatch(manifest, /API_KEY|canary/);
});
