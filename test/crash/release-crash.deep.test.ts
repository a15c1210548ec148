import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everything, randomOf, seed } from '../../packages/release/test/draw.ts';
import { allPoints, type CrashPoint, pointsByState } from './points.ts';
import { badRelease, goodRelease, rollbackByHand, type Scenario, type Stage, setStage } from './scenarios.ts';

// S10: the runner is lost at every outgoing request of a release, of one that is taken back, and of a rollback by hand; then
// the same run starts again on a fresh runner with an empty disk.

/** Further points per scenario, drawn from all that are not enumerated. */
const drawn = 4;

let stage: Stage;
before(async () => {
  stage = await setStage();
});
after(() => stage[Symbol.asyncDispose]());

for (const scenario of [goodRelease, badRelease, rollbackByHand]) {
  test(`${scenario.name} survives the loss of its runner at every request`, { concurrency: 2 }, async (t) => {
    const outgoing = await stage.record(scenario);
    const points = choose(scenario, allPoints(outgoing), pointsByState(outgoing));
    assert.ok(points.length > 8);
    await Promise.all(
      points.map((point) =>
        t.test(`${point.name} (${point.occurrence + 1}), ${point.moment}`, async () => {
          const reached = await stage.play(scenario, point);
          // How often a state is read differs between runs; what is written does not.
          assert.ok(reached || !point.writes, 'the request was never made');
        }),
      ),
    );
  });
}

/** Every state, and a few of the points that leave the same one, drawn by the seed. All of them on demand. */
function choose(scenario: Scenario, all: CrashPoint[], states: CrashPoint[]): CrashPoint[] {
  if (everything) return all;
  const from = scenario === badRelease ? states.findIndex(({ name }) => name.includes('/promote/')) : 0;
  const random = randomOf(seed + scenario.name.length);
  const others = Array.from({ length: drawn }, () => all[Math.floor(random() * all.length)]);
  return [...states.slice(from), ...others.filter((point) => point !== undefined)];
}
