import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { acceptedMoves, badDays, isDrawn, meet, proveNamed, requestsSoFar } from '../test/bad-days.ts';
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

// The bad days of the APIs: each request of a release, a rollback by hand and reconcile meets each of them once. The actor ends as on
// a good day, or says by name what failed, and then its next run ends so.

const wayBackMs = 60_000;
const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

before(async () => {
  process.on('unhandledRejection', note);
  await setStage();
});
after(async () => {
  process.off('unhandledRejection', note);
  await scene.close();
});

for (const day of badDays) {
  test(`${day.name} at any request of a rollback by hand: one accepted request, and the target serves`, async () => {
    for (let k = 0; ; k++) {
      await goLiveTwice();
      const since = requestsSoFar();
      const met = await meet(day, k, rollbackByHand, wayBackMs);
      const what = `${day.name}, request ${k} (${met.passage?.method} ${met.passage?.path})`;
      proveNamed(met, what);
      await proveInvariants(what);
      const again = await rollbackByHand(await scene.connect());
      assert.ok(['rolled-back', 'already-current'].includes(again), `${what}: ${again}`);
      const { served } = await proveInvariants(what);
      assert.equal(served, previous, what);
      assert.ok(acceptedMoves('rollback', since) <= 1, `${what}: two accepted rollbacks`);
      const expected = { locked: true, autoAssign: false };
      assert.deepEqual(await readProtection(), expected, what);
      assert.deepEqual(unhandled, [], what);
      if (met.requests <= k) return assert.ok(k > 8, `only ${k} requests`);
    }
  });

  test(`${day.name} at any request of a good release: released by it or by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      if (!isDrawn(day, k)) continue;
      await reset();
      const since = requestsSoFar();
      const met = await meet(day, k, (services) => release(services, false));
      const what = `${day.name}, request ${k} (${met.passage?.method} ${met.passage?.path})`;
      proveNamed(met, what);
      await proveInvariants(what);
      const again = await release(await scene.connect(), false);
      assert.ok(['released', 'already-current'].includes(again), `${what}: ${met.decision} ${again}\n${met.said}`);
      const { served, own } = await proveInvariants(what);
      assert.equal(served, own, what);
      assert.equal(acceptedMoves('rollback', since), 0, `${what}: a good release was taken back`);
      assert.equal((await readProtection()).autoAssign, true, `${what}: I5`);
      assert.deepEqual(unhandled, [], what);
      if (met.requests <= k) return assert.ok(k > 20, `only ${k} requests`);
    }
  });

  test(`${day.name} at any request of reconcile after a lost runner: its next run brings all to its end`, async () => {
    const promotionAt = await findPromotion();
    for (let k = 0; ; k++) {
      if (!isDrawn(day, k)) continue;
      await reset();
      await runUntil({ at: promotionAt, verdict: 'lose-answer' }, (services) => release(services, true));
      const since = requestsSoFar();
      const met = await meet(
        day,
        k,
        async (services) => {
          const { finished, warnings } = await reconciled(services);
          services.log?.(warnings.join('\n'));
          return finished.map(({ decision }) => decision).join();
        },
        wayBackMs,
      );
      const what = `${day.name}, request ${k} (${met.passage?.method} ${met.passage?.path})`;
      proveNamed(met, what);
      await reconciled(await scene.connect());
      await proveFinished(what);
      assert.equal(scene.served(), current, what);
      assert.ok(acceptedMoves('rollback', since) <= 1, `${what}: two accepted rollbacks`);
      assert.deepEqual(unhandled, [], what);
      if (met.requests <= k) return assert.ok(k > 15, `only ${k} requests`);
    }
  });
}
