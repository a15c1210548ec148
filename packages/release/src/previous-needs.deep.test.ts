import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { openLedger } from './ledger.ts';
import { readStillNeeded } from './previous-needs.ts';
import { promote } from './promote.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

test('Blue keeps what it needs until its time is over, or a clean-up has deleted it (BGD-07)', async () => {
  const services = { ...(await scene.connect()), ...quietDependencies };
  const { github, project } = services;
  const blue = await scene.goLive({}, {});
  const green = await scene.stage({}, 'production', {});
  const handle = await scene.open({ runId: 501, version: 'v1.1.0', target: blue });
  assert.equal((await promote(services, { handle, deploymentId: green, requireAncestor: false })).decision, 'promoted');
  const settings = { ...scene.settings(), release: { strategy: 'blue-green' as const } };
  const asked = { github, project: async () => project };
  assert.match((await readStillNeeded(asked, settings)) ?? '', /the way back of a release that has not ended/);
  await openLedger(github, handle).record('release', 'outcome', 'released', 'passed', { state: 'success' });
  assert.match((await readStillNeeded(asked, settings)) ?? '', new RegExp(`${blue}.*is kept to go back to until`));
  const short = { ...settings, release: { ...settings.release, keepPreviousMs: 1 } };
  assert.equal(await readStillNeeded(asked, short), undefined);
  assert.match((await readStillNeeded({ github, project: undefined }, settings)) ?? '', /is kept to go back to until/);
  await project.remove(blue);
  assert.equal(await readStillNeeded(asked, settings), undefined);
});
