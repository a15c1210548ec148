import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  current,
  findPromotion,
  goLiveTwice,
  previous,
  proveFinished,
  proveInvariants,
  readProtection,
  reconciled,
  release,
  reset,
  rollbackByHand,
  runUntil,
  scene,
  setStage,
} from '../test/crash-stage.ts';

// S10: a release and a rollback die at every outgoing request; then reconcile alone brings them to an end.

before(setStage);
after(() => scene.close());

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  for (const bad of [false, true]) {
    test(`A ${bad ? 'bad' : 'good'} release that dies at any request (${verdict}) is brought to an end by reconcile alone`, async () => {
      for (let k = 0; ; k++) {
        await reset();
        const what = `${verdict} ${k}`;
        const died = await runUntil({ at: k, verdict }, (services) => release(services, bad));
        await reconciled(await scene.connect());
        await proveFinished(what);
        if (!died) return assert.ok(k > 20, `only ${k} requests`);
      }
    });
  }

  test(`A rollback by hand that dies at any request (${verdict}) is brought to an end by reconcile alone`, async () => {
    for (let k = 0; ; k++) {
      await goLiveTwice();
      const died = await runUntil({ at: k, verdict }, rollbackByHand);
      await reconciled(await scene.connect());
      const what = `${verdict} ${k}`;
      const { served } = await proveInvariants(what);
      const { locked, autoAssign } = await readProtection();
      // Before its lock nothing was promised; from then on the rollback is carried out.
      assert.equal(served, locked ? previous : current, what);
      assert.equal(autoAssign, !locked, `${what}: I5`);
      if (!died) return assert.ok(k > 8, `only ${k} requests`);
    }
  });

  test(`Reconcile that dies at any request (${verdict}) is finished by its next run`, async () => {
    const promotionAt = await findPromotion();
    for (let k = 0; ; k++) {
      await reset();
      // Right behind the accepted promotion: the case with the most to do.
      await runUntil({ at: promotionAt, verdict: 'lose-answer' }, (services) => release(services, true));
      const died = await runUntil({ at: k, verdict }, async (services) => {
        await reconciled(services);
        return 'done';
      });
      await reconciled(await scene.connect());
      await proveFinished(`${verdict} ${k}`);
      assert.equal(scene.served(), current);
      if (!died) return assert.ok(k > 15, `only ${k} requests`);
    }
  });
}
