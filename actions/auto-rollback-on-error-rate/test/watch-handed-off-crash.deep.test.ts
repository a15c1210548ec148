import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  current,
  environment,
  type Reach,
  readProtection,
  runUntil,
  type Services,
  scene,
} from '../../../packages/release/test/crash-stage.ts';
import {
  acceptedRollbacks,
  alive,
  continueHandedOff,
  countFromHere,
  endStage,
  handOff,
  reconciledLater,
  startStage,
  users,
} from './watch-stage.ts';

// S10: a run of watch.yml dies at every outgoing request; then the run comes again, and separately reconcile alone.

before(startStage);
after(endStage);

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  for (const then of ['its next attempt', 'reconcile alone'] as const) {
    for (const isSick of [false, true]) {
      const name = isSick ? 'a breach' : 'a pass';
      test(`a run of watch.yml that sees ${name} and dies at any request (${verdict}) is brought to its end by ${then}`, async () => {
        for (let k = 0; ; k++) {
          const { bad } = await handOff();
          users.sick = isSick ? bad : undefined;
          countFromHere();
          const what = `${verdict} ${k} in ${environment}`;
          const [first, second] = [900_000 + k, 950_000 + k];
          const run = (watchRun: number) => (through: Services, reach: Reach) =>
            continueHandedOff(through, reach, watchRun);
          const died = await runUntil({ at: k, verdict }, run(first), { services: { users: users.address } });
          const { locked: promised } = await readProtection();
          if (then === 'its next attempt') await run(second)(await scene.connect(), alive());
          else {
            await reconciledLater(16 * 60_000, first);
            // Nobody judged it: what is left unproven is said to be.
            await reconciledLater(3 * 3_600_000, first);
          }
          const back = then === 'its next attempt' ? isSick : promised;
          assert.equal(scene.served(), back ? current : bad, what);
          assert.equal(acceptedRollbacks(), back ? 1 : 0, `${what}: one rollback`);
          const { locked, autoAssign } = await readProtection();
          assert.deepEqual([locked, autoAssign], [back, !back], `${what}: I4, I5`);
          const again = await reconciledLater(4 * 3_600_000, second);
          assert.deepEqual([again.finished, again.warnings], [[], []], `${what}: I3`);
          if (!died) return assert.ok(k > (isSick ? 20 : 8), `only ${k} requests`);
        }
      });
    }
  }
}
