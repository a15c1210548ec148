import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectEnd, expectSettled } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

const floors = 'watch: { window: 2s }\nhealth: { consecutive: 5 }\n';

test('a policy holds in every step of a release, refuses by name what lies below it, and never stops the way back', async () => {
  await using fixture = await releaseFixture({ files: { 'ops/policy.yml': floors } });
  const commit = await fixture.repository.commit('policy');
  const policy = `./ops/policy.yml@${commit}`;
  const watch = { ...shortWatch, window: '2s' };
  // Of the passes in a row ops.yml says nothing: the floor is more than the default.
  const health = { checks: [{ path: '/api/health' }], interval: '100ms', deadline: '20s' };
  const files = { '.github/ops.yml': opsFile({ watch, health }) };
  const first = await fixture.release({ version: 'v1.0.0', files, inputs: { policy } });
  assert.equal(first.decision, 'released', first.errors.join('\n'));
  const good = await fixture.release({ version: 'v1.1.0', files, inputs: { policy } });
  assert.equal(good.decision, 'released', good.errors.join('\n'));
  for (const gate of ['staged-health', 'health']) assert.equal(good.result(gate).rounds, 5, gate);

  const writes = fixture.writes('vercel').length;
  // `fastOps` watches for one second and is content with one pass.
  const below = await fixture.release({ version: 'v1.2.0', inputs: { policy } });
  expectEnd(fixture, below, {
    decision: 'refused',
    reason: 'bad_input',
    conclusion: 'failure',
    says: /2 mistakes/,
    serves: good.deploymentId,
  });
  const told = below.errors.join('\n');
  assert.match(
    told,
    new RegExp(`ops\\.yml:\\d+ watch\\.window: is below the floor of the policy, 2s \\(.*${commit}:1\\)`),
  );
  assert.match(told, /ops\.yml:\d+ health\.consecutive: is below the floor of the policy, 5 \(/);
  assert.equal(fixture.writes('vercel').length, writes, 'nothing was sent to Vercel that changes anything');
  await expectSettled(fixture, true);

  const nowhere = await fixture.release({
    version: 'v1.3.0',
    files,
    inputs: { policy: `./ops/gone.yml@${commit}` },
  });
  assert.deepEqual([nowhere.decision, nowhere.reasonCode], ['refused', 'bad_input']);
  assert.match(nowhere.errors.join('\n'), /policy: could not be read: it is not there/);

  // The checkout is the one whose ops.yml lies below the floor, the policy is nowhere: production goes back all the same.
  const inputs = { target: first.deploymentId, policy: 'not a policy at all' };
  const back = await fixture.rollback({ version: 'v1.2.0', inputs });
  assert.deepEqual([back.decision, back.conclusion, back.errors, back.warnings], ['rolled-back', 'success', [], []]);
  assert.equal(fixture.served(), first.deploymentId);
});
