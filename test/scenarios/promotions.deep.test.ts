import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectEnd } from './expect-end.ts';
import { releaseFixture, shortWatch } from './release-fixture.ts';

test('a promotion whose domains never move ends by its own deadline, and says what may still come', async () => {
  await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
  const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  fixture.sandbox.vercel.behaviour.aliasDelayMs = 3_600_000;
  const ended = await fixture.release({ version: 'v1.1.0' });
  expectEnd(fixture, ended, {
    decision: 'failed',
    reason: 'domains_not_moved',
    conclusion: 'failure',
    says: /Vercel took the promotion to dpl_\w+, but not every domain moved in time.*may still/,
    serves: live,
  });
  assert.ok(ended.seconds < 300);
  assert.equal(fixture.accepted('promote'), 1);
});
