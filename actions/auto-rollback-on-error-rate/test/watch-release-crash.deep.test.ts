import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  current,
  environment,
  proveFinished,
  type Reach,
  reconciled,
  release,
  reset,
  runUntil,
  scene,
} from '../../../packages/release/test/crash-stage.ts';
import { acceptedRollbacks, alive, countFromHere, endStage, startStage, users, watchStep } from './watch-stage.ts';

// S10: a release dies at every outgoing request of its watch and of what follows; then the run comes again, and separately reconcile alone.

before(startStage);
after(endStage);

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  for (const then of ['its next attempt', 'reconcile alone'] as const) {
    for (const bad of [false, true]) {
      test(`the watch of a ${bad ? 'bad' : 'good'} release that dies at any request (${verdict}) is brought to its end by ${then}`, async () => {
        for (let k = 0; ; k++) {
          await reset();
          users.sick = undefined;
          users.blindFor = 0;
          countFromHere();
          let watching = false;
          const play = async (through: Parameters<typeof release>[0], reach: Reach) =>
            await release(through, bad, async (handle, deploymentId) => {
              watching = true;
              if (bad) users.sick = deploymentId;
              return await watchStep(reach)(handle, deploymentId);
            });
          const what = `${verdict} ${k} in ${environment}`;
          // What comes before the watch is enumerated in packages/release.
          const died = await runUntil({ at: k, verdict }, play, {
            services: { users: users.address },
            counts: () => watching,
          });
          if (then === 'its next attempt' && died) await play(await scene.connect(), alive());
          const isBack = then === 'its next attempt' ? bad : undefined;
          await reconciled(await scene.connect());
          await proveFinished(what);
          const served = scene.served();
          if (isBack !== undefined) assert.equal(served === current, isBack, `${what}: where the verdict says`);
          assert.equal(acceptedRollbacks(), served === current ? 1 : 0, `${what}: one rollback at most`);
          if (!died) {
            assert.equal(served === current, bad, what);
            return assert.ok(k > 12, `only ${k} requests`);
          }
        }
      });
    }
  }
}
