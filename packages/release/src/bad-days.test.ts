import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { acceptedMoves, badDays, meet, proveNamed, requestsSoFar } from '../test/bad-days.ts';
import { goLiveTwice, previous, proveInvariants, rollbackByHand, scene, setStage } from '../test/crash-stage.ts';
import { randomOf, seed } from '../test/draw.ts';

// A few of the bad days that bad-days.deep.test.ts enumerates; another seed draws others.

const requestsOfRollback = 25;

before(setStage);
after(() => scene.close());

test(`Bad days at requests of a rollback, drawn with seed ${seed}: one accepted request, and the target serves`, async () => {
  const random = randomOf(seed);
  for (let drawn = 0; drawn < 3; drawn += 1) {
    const day = badDays[Math.floor(random() * badDays.length)] ?? badDays[0];
    assert.ok(day);
    const at = Math.floor(random() * requestsOfRollback);
    await goLiveTwice();
    const since = requestsSoFar();
    const met = await meet(day, at, rollbackByHand, 60_000);
    const what = `${day.name}, request ${at} (${met.passage?.method} ${met.passage?.path})`;
    proveNamed(met, what);
    await rollbackByHand(await scene.connect());
    const { served } = await proveInvariants(what);
    assert.equal(served, previous, what);
    assert.equal(acceptedMoves('rollback', since), 1, what);
  }
});
