import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { promote } from './promote.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

/** Visitors who come one after the other, several at a time, for as long as something runs. */
async function underLoad<T>(address: string, act: () => Promise<T>): Promise<{ value: T; answers: string[] }> {
  const answers: string[] = [];
  const over = new AbortController();
  const visitors = Array.from({ length: 8 }, async () => {
    while (!over.signal.aborted) {
      answers.push(
        await fetch(address).then(
          async (answer) => `${answer.status} ${await answer.text()}`,
          (error: Error) => `lost: ${error.message}`,
        ),
      );
    }
  });
  const value = await act();
  // Some visits after the switch, too.
  for (const enough = answers.length + 50; answers.length < enough; ) await wait(20);
  over.abort();
  await Promise.all(visitors);
  return { value, answers };
}

test('No request is lost while the domains switch to green, nor on the one call back to blue (BGD-02)', async () => {
  const blue = await scene.goLive({ opsVersion: 'blue' });
  const green = await scene.stage({ opsVersion: 'green' });
  const services = await scene.connect();
  const deps = { ...services, ...quietDependencies };
  const handle = await scene.open({ runId: 41, target: blue });
  const [address = ''] = scene.sandbox.description.vercel.domains;

  const there = await underLoad(address, () => promote(deps, { handle, deploymentId: green, requireAncestor: false }));
  assert.equal(there.value.decision, 'promoted');
  // The build that was checked is the build that serves: nothing was built again.
  assert.equal(scene.served(), green);

  const back = await underLoad(address, () =>
    rollBackByHand(deps, {
      settings: scene.settings(),
      key: '1:production:42',
      runId: 42,
      commit: scene.commits.at(-1) ?? '',
      target: blue,
      reason: 'back to blue',
      dryRun: false,
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    }),
  );
  assert.equal(back.value.decision, 'rolled-back');

  for (const { answers } of [there, back]) {
    const lost = answers.filter((answer) => !answer.startsWith('200 '));
    assert.deepEqual(lost, [], `${lost.length} of ${answers.length} requests were lost`);
    assert.ok(answers.length > 50, `${answers.length} requests are no load`);
    for (const colour of ['blue', 'green'])
      assert.ok(
        answers.some((answer) => answer.includes(colour)),
        `nobody saw ${colour}`,
      );
  }
});
