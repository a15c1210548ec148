import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  current,
  goLiveTwice,
  previous,
  proveInvariants,
  readProtection,
  release,
  reset,
  rollbackByHand,
  runUntil,
  scene,
  setStage,
} from '../test/crash-stage.ts';

// S10: a release and a rollback die at every outgoing request, before it is sent and after it took effect without an
// answer; then they run again on a fresh runner. The invariants hold after the death and after the second run.

before(setStage);
after(() => scene.close());

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  test(`A good release that dies at any request (${verdict}) is released by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      const what = `${verdict} ${k}`;
      const died = await runUntil({ at: k, verdict }, (services) => release(services, false));
      await proveInvariants(`${what}, dead`);
      const again = await release(await scene.connect(), false);
      assert.ok(['released', 'already-current'].includes(again), `${what}: ${again}`);
      const { served, own } = await proveInvariants(what);
      assert.equal(served, own, what);
      assert.equal((await readProtection()).autoAssign, true, `${what}: I5`);
      if (!died) return assert.ok(k > 20, `only ${k} requests`);
    }
  });

  test(`A bad release that dies at any request (${verdict}) is taken back by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      const what = `${verdict} ${k}`;
      const died = await runUntil({ at: k, verdict }, (services) => release(services, true));
      await proveInvariants(`${what}, dead`);
      const again = await release(await scene.connect(), true);
      assert.ok(['rolled-back', 'refused'].includes(again), `${what}: ${again}`);
      const { served } = await proveInvariants(what);
      assert.equal(served, current, `${what}: ${again}`);
      const expected = { locked: true, autoAssign: false };
      assert.deepEqual(await readProtection(), expected, `${what}: I4 locked, I5 off while locked`);
      if (!died) return assert.ok(k > 30, `only ${k} requests`);
    }
  });

  test(`A rollback by hand that dies at any request (${verdict}) is finished by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await goLiveTwice();
      const what = `${verdict} ${k}`;
      const died = await runUntil({ at: k, verdict }, rollbackByHand);
      await proveInvariants(`${what}, dead`);
      const again = await rollbackByHand(await scene.connect());
      assert.ok(['rolled-back', 'already-current'].includes(again), `${what}: ${again}`);
      const { served } = await proveInvariants(what);
      assert.equal(served, previous, what);
      const expected = { locked: true, autoAssign: false };
      assert.deepEqual(await readProtection(), expected, `${what}: I4 locked, I5 off while locked`);
      if (!died) return assert.ok(k > 8, `only ${k} requests`);
    }
  });
}
