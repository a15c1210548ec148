import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { openLedger } from './ledger.ts';
import { takeFunctionsBack } from './take-functions-back.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

const reference = `artifact:1/1#${'a'.repeat(43)}`;
const all = { restored: ['alpha'], already: [], failed: [] };

async function released(environment: string, runId: number) {
  const { github } = await scene.connect();
  const handle = await scene.open({ runId, environment, target: 'dpl_before' });
  const ledger = openLedger(github, handle);
  return { github, handle, store: () => ledger.record('functions', 'intent', 'stored', reference) };
}

test('what a release replaced is put back, and the ledger says so', async () => {
  const { github, handle, store } = await released('with', 1);
  await store();
  const deps = { ...quietDependencies, github, expected: true, restore: async () => all };
  const back = await takeFunctionsBack(deps, { ledgerId: handle.ledgerId });
  assert.deepEqual([back.outcome, back.mixed], ['restored', []]);
  const [last] = (await github.listStatuses(handle.ledgerId)).toReversed();
  assert.equal(last?.description, 'ops:functions:outcome:restored');
  const further = await takeFunctionsBack(deps, {
    environment: 'with',
    target: { deploymentId: 'dpl_before', adopted: true },
  });
  assert.equal(further.outcome, 'restored');
});

test('one that could not be put back is named; without a token nothing is claimed', async () => {
  const { github, handle, store } = await released('mixed', 2);
  await store();
  const failed = [{ slug: 'beta', message: 'Supabase answered 500.' }];
  const deps = { ...quietDependencies, github, expected: true };
  const back = await takeFunctionsBack({ ...deps, restore: async () => ({ ...all, failed }) }, handle);
  assert.deepEqual([back.outcome, back.reasonCode, back.mixed], ['failed', 'functions_mixed', ['beta']]);
  const without = await takeFunctionsBack(deps, handle);
  assert.deepEqual([without.outcome, without.reasonCode], ['failed', 'functions_not_taken_back']);
});

test('a target that the ledger does not know is red only where functions were replaced', async () => {
  const target = { deploymentId: 'dpl_elsewhere', adopted: true };
  const { github, store } = await released('unknown', 3);
  const deps = { ...quietDependencies, github, expected: true, restore: async () => all };
  assert.equal((await takeFunctionsBack(deps, { environment: 'unknown', target })).outcome, 'not-needed');
  await store();
  const back = await takeFunctionsBack(deps, { environment: 'unknown', target });
  assert.deepEqual([back.outcome, back.reasonCode], ['failed', 'functions_unknown']);
});

test('GitHub down: an environment without functions is not red, one with functions is', async () => {
  const { github, handle } = await released('down', 4);
  for (const { expected, outcome } of [
    { expected: false, outcome: 'not-needed' },
    { expected: true, outcome: 'failed' },
  ]) {
    scene.sandbox.faults.order({
      service: 'github',
      method: 'GET',
      route: '/repos/',
      times: 20,
      fault: { status: 403 },
    });
    const back = await takeFunctionsBack({ ...quietDependencies, github, expected, restore: async () => all }, handle);
    assert.equal(back.outcome, outcome, back.message);
    scene.sandbox.faults.clear();
  }
});

test('a silent GitHub is waited for a few seconds where nothing says that there are functions', async () => {
  const { github, handle } = await released('silent', 5);
  scene.sandbox.faults.order({ service: 'github', method: 'GET', route: '/repos/', fault: { blackHole: true } });
  const waits: number[] = [];
  const clock = { now: () => Date.now(), sleep: async (ms: number) => void waits.push(ms) };
  const back = await takeFunctionsBack({ ...quietDependencies, clock, github, expected: false }, handle);
  assert.equal(back.outcome, 'not-needed');
  assert.deepEqual(waits, [5_000]);
  scene.sandbox.faults.clear();
});
