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
    fixture.sandbox.vercel.orderBuild({ end: 'READY', delayMs: 8_000 });
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
    assert.ok(cancel.secondsSince() < 240);
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
    assert.ok(cancel.secondsSince() < 240, 'within four minutes');
    assert.equal(fixture.accepted('rollback'), 1);
    assert.equal((await fixture.locks()).length, 1);
    assert.equal((await fixture.issues()).length, 1);
  });

  test('while its promotion is under way is taken back, too', async () => {
    await using fixture = await releaseFixture({ ops: { watch: shortWatch } });
    const live = (await fixture.release({ version: 'v1.0.0' })).deploymentId;
    fixture.sandbox.vercel.behaviour.aliasDelayMs = 2500;
    const cancel = cancelWhen(() => fixture.accepted('promote') === 1);
    const ended = await fixture.release({ version: 'v1.1.0', ...cancel });
    assert.ok(cancel.secondsSince() < 240);
    expectEnd(fixture, ended, {
      decision: 'rolled-back',
      reason: 'cancelled',
      conclusion: 'cancelled',
      says: /cancelled while it was being promoted/,
      serves: live,
      next: /ops-actions unlock/,
    });
    assert.equal(fixture.accepted('rollback'), 1);
  });

  test('after its promotion in mode notify stays live, locked and unwatched: a person decides', async () => {
    await using fixture = await releaseFixture({ ops: { watch: { ...longWatch, mode: 'notify' } } });
    const cancel = cancelWhen(watching);
    const ended = await fixture.release({ version: 'v1.0.0', ...cancel });
    assert.ok(cancel.secondsSince() < 240);
    expectEnd(fixture, ended, {
      decision: 'cancelled',
      reason: 'cancelled',
      conclusion: 'cancelled',
      says: /cancelled after promotion.*Nothing was moved; the environment is locked/,
      serves: ended.deploymentId,
      next: /check production, then: .*ops-actions unlock/,
    });
    const [entry] = await fixture.entries();
    assert.equal(entry?.unwatched, true);
    assert.equal((await fixture.locks()).length, 1);
    assert.equal((await fixture.issues()).length, 1);
    assert.equal(fixture.accepted('rollback'), 0);
    assert.equal(fixture.autoAssign(), false, 'off while the lock holds');
    await fixture.command('unlock', '--environment', 'production', '--reason', 'it is fine');
    assert.equal(fixture.autoAssign(), true, 'as it was');
  });
});
