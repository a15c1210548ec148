import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '#http/clock';
import { aheadOf } from '#http/server-clock';
import { watchContinues } from '#release/watch-record';
import { scene } from '../../../packages/release/test/crash-stage.ts';
import { alive, continueHandedOff, endStage, handOff, startStage, users } from './watch-stage.ts';

// Whether the window of a hand-off is over is told by the servers' time: a runner's clock may be minutes off.

before(startStage);
after(endStage);

const minute = 60_000;
let watchRun = 990_000;

for (const [name, aheadMs] of [
  ['five minutes ahead', 5 * minute],
  ['five minutes behind', -5 * minute],
] as const) {
  const run = async (windowMs: number) => {
    await handOff(windowMs);
    users.sick = undefined;
    watchRun += 1;
    return await continueHandedOff(await scene.connect(), alive(), watchRun, aheadOf(systemClock, aheadMs));
  };

  test(`a run of watch.yml on a runner ${name} ends the window that is over`, async () => {
    assert.equal(await run(12_000), 'released');
  });

  test(`a run of watch.yml on a runner ${name} leaves the window open that goes on for four minutes`, async () => {
    assert.equal(await run(4 * minute), watchContinues);
  });
}
