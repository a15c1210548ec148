import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { removeWorkspaces, runBundle } from '#probe/testing/run-bundle';

after(removeWorkspaces);

test('the bundle is red, in one line without a stack, where the checkout has no such tag', async () => {
  const run = await runBundle({ action: 'mirror-tag', inputs: { remote: '/nowhere/second.git', tag: 'v1.0.0' } });
  assert.deepEqual([run.code, run.outputs.decision, run.outputs['reason-code']], [1, 'failed', 'tag_missing'], run.log);
  assert.match(run.log, /::error::v1\.0\.0 is not on the second remote: there is no tag v1\.0\.0 in this checkout/);
  assert.doesNotMatch(run.log, /^\s+at /m);
});
