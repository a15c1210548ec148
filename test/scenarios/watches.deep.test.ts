import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { startUsers } from './people.ts';
import { opsFile, releaseFixture } from './release-fixture.ts';
import { bad, good, watch } from './suffering-users.ts';

test('a watch in mode observe only says what it saw, in mode notify it is red and a person decides', async () => {
  await using fixture = await releaseFixture({ files: { 'api/ping.js': good } });
  const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
  const users = startUsers(`${fixture.address}/api/ping`, 30);
  const observed = await fixture.release({
    version: 'v1.1.0',
    files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch: { ...watch, mode: 'observe' } }) },
  });
  expectEnd(fixture, observed, {
    decision: 'would-roll-back',
    reason: 'above_limit',
    conclusion: 'success',
    says: /error rate|error-rate/i,
    serves: observed.deploymentId,
    next: new RegExp(`ops-actions rollback --environment production --target ${live}`),
  });
  assert.ok(observed.warnings.length > 0);
  const notified = await fixture.release({
    version: 'v1.2.0',
    files: { 'api/ping.js': bad, '.github/ops.yml': opsFile({ watch: { ...watch, mode: 'notify' } }) },
  });
  await users.stop();
  expectEnd(fixture, notified, {
    decision: 'would-roll-back',
    reason: 'above_limit',
    conclusion: 'failure',
    says: /error rate|error-rate/i,
    serves: notified.deploymentId,
    next: /ops-actions rollback --environment production --target dpl_/,
  });
  assert.equal(fixture.accepted('rollback'), 0);
  await expectSettled(fixture, true);
});
