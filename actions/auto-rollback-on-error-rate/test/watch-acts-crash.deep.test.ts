import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  current,
  goLiveTwice,
  previous,
  readProtection,
  reconciled,
  runUntil,
  scene,
} from '../../../packages/release/test/crash-stage.ts';
import { acceptedRollbacks, alive, countFromHere, endStage, startStage, users, watchAction } from './watch-stage.ts';

// S10: a watch that takes the way back itself dies at every outgoing request, before it is sent and behind its effect; then the run comes again, and separately reconcile alone.

before(startStage);
after(endStage);

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  for (const then of ['its next attempt', 'reconcile alone'] as const) {
    // Every reading of the window fails, each with a question more than the one before: it is extended once.
    for (const blindFor of then === 'its next attempt' && verdict === 'lose-answer' ? [0, 6] : [0]) {
      test(`a watch that acts itself${blindFor > 0 ? ', extended for a blind source,' : ''} and dies at any request (${verdict}) is brought to its end by ${then}`, async () => {
        for (let k = 0; ; k++) {
          await goLiveTwice();
          users.sick = current;
          users.blindFor = blindFor;
          countFromHere();
          const what = `${verdict} ${k}`;
          let first: string | undefined;
          const died = await runUntil(
            { at: k, verdict },
            async (_, reach) => {
              const { decision, summary } = await watchAction(reach);
              first = `${decision}: ${summary}`;
              return decision;
            },
            { services: { users: users.address } },
          );
          if (!died) assert.match(first ?? '', /^rolled-back: /, what);
          if (then === 'its next attempt' && died) {
            const again = await watchAction(alive(), { attempt: 2 });
            assert.deepEqual([again.decision, again.failed], ['rolled-back', true], `${what}: ${again.summary}`);
          }
          const { finished } = await reconciled(await scene.connect());
          if (then === 'its next attempt') assert.deepEqual(finished, [], `${what}: nothing is left`);
          const { locked, autoAssign } = await readProtection();
          // Before its lock nothing was promised, and without a release nothing was recorded.
          const back = then === 'its next attempt' || locked;
          assert.equal(scene.served(), back ? previous : current, what);
          assert.equal(acceptedRollbacks(), back ? 1 : 0, `${what}: one rollback`);
          assert.deepEqual([locked, autoAssign], [back, !back], `${what}: I4, I5`);
          const again = await reconciled(await scene.connect());
          assert.deepEqual([again.finished, again.locks, again.warnings], [[], [], []], what);
          if (!died) return assert.ok(k > 20, `only ${k} requests`);
        }
      });
    }
  }
}
