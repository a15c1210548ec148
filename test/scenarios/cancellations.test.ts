import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cancelWhen, watching } from './cancel-when.ts';
import { expectEnd, expectSettled } from './expect-end.ts';
import { opsFile, releaseFixture, shortWatch } from './release-fixture.ts';

const longWatch = { source: 'probe', window: '60s', interval: '500ms' };

describe('a release that is cancelled', { concurrency: 2 }, () => {
  test('before its promotion is undone: the build is cancelled, the record closed, production untouched', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    fixture.sandbox.vercel.orderBuild({ end: 'READY', delayMs: 4000 });
    const cancel = cancelWhen(() => fixture.sandbox.vercel.deployments().at(-1)?.readyState === 'BUILDING');
    const ended = await fixture.release({ version: 'v1.1.0', ...cancel });
    expectEnd(fixture, ended, {
      decision: 'cancelled',
      reason: 'cancelled',
      conclusion: 'cancelled',
      says: /cancelled before promotion; production was not touched/,
      serves: live,
      next: /Next: run the job again/,
    });
    assert.ok(cancel.secondsSince() < 60);
    const states = fixture.sandbox.vercel.deployments().map(({ readyState }) => readyState);
    assert.deepEqual(states, ['READY', 'CANCELED']);
    await expectSettled(fixture, true);
    assert.deepEqual(await fixture.issues(), []);
    assert.match((await fixture.slack()).join('\n'), /v1\.1\.0.*cancelled/i);
  });

  test('after its promotion in mode auto is rolled back within four minutes', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    const cancel = cancelWhen(watching);
    const ended = await fixture.release({
      version: 'v1.1.0',
      files: { '.github/ops.yml': opsFile({ watch: longWatch }) },
      ...cancel,
    });
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'cancelled',
      conclusion: 'cancelled',
      says: /cancelled after promotion, before there was a verdict/,
      serves: live,
      next: /ops-actions unlock/,
    });
    assert.ok(cancel.secondsSince() < 60, 'far below four minutes');
    assert.equal(fixture.accepted('rollback'), 1);
    assert.equal((await fixture.locks()).length, 1);
    assert.equal((await fixture.issues()).length, 1);
  });
});
