import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRunner } from '#action-kit/runner';
import { main } from '../src/main.ts';

const run = (given: Record<string, string>, context: Record<string, string> = {}) =>
  main(
    createRunner({
      environment: {
        ...context,
        ...Object.fromEntries(Object.entries(given).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
      },
      write: () => {},
    }),
  );

test('outside of a tag and without what the remote needs, everything missing is said at once', async () => {
  await assert.rejects(run({ remote: 'git@host.example:acme/app.git' }), /ssh-key[\s\S]*known-hosts[\s\S]*tag/);
  await assert.rejects(run({ remote: 'https://host.example/app.git', tag: '../x' }), /tag/);
});

test('the tag of the event is taken; a checkout without it is a red result that says so', async () => {
  const context = { GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v0.0.0-not-there' };
  const result = await run({ remote: '/nowhere/second.git' }, context);
  assert.deepEqual([result.decision, result.reasonCode, result.failed], ['failed', 'tag_missing', true]);
  assert.match(result.summary, /^v0\.0\.0-not-there is not on the second remote: .*fetch-depth: 0/);
});
