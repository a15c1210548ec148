import { after, before, beforeEach } from 'node:test';
import { type Scene, setScene } from './scene.ts';

// Importing this sets the scene of a whole test file: a good and a bad deployment, one after the other, before each test.

export let scene: Scene;
export let good = '';
export let bad = '';
/** A run and an environment of its own for each test: what one leaves in the ledger is not seen by the next. */
export let runId = 500;
export let environment = '';

before(async () => {
  scene = await setScene();
});
after(() => scene.close());
beforeEach(async () => {
  scene.sandbox.faults.clear();
  scene.sandbox.vercel.behaviour.plan = 'pro';
  runId += 1;
  environment = `production-${runId}`;
  good = await scene.goLive();
  bad = await scene.goLive();
  await (await scene.connect()).project.setAutoAssign(true);
});
