import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Scene, setScene } from '../test/scene.ts';
import { cleanUp } from './clean-up.ts';
import { openLedger } from './ledger.ts';

let scene: Scene;
before(async () => {
  scene = await setScene();
});
after(() => scene.close());

test('Where Vercel does not say what points at one deployment, it stays, and what was deleted besides is still told', async () => {
  const { github, project } = await scene.connect();
  const released: { id: string; ledgerId: number }[] = [];
  for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0', 'v1.3.0']) {
    const handle = await scene.open({ runId: released.length + 1, version });
    const id = await scene.goLive({ opsRelease: handle.key });
    const ledger = openLedger(github, handle);
    await ledger.record('promote', 'outcome', 'promoted', id);
    await ledger.record('release', 'outcome', 'released', 'passed', { state: 'success' });
    released.push({ id, ledgerId: handle.ledgerId });
  }
  const [first, second] = released;
  assert.ok(first && second);
  const route = `/v2/deployments/${first.id}/aliases`;
  scene.sandbox.faults.order({ service: 'vercel', route, times: 9, fault: { status: 403, body: {} } });
  const outcome = await cleanUp({ github, project }, { settings: scene.settings(), keep: 2, dryRun: false });
  assert.deepEqual(
    outcome.deleted.map(({ deploymentId }) => deploymentId),
    [second.id],
  );
  assert.match(
    outcome.message,
    /Deleted of production .*: v1\.1\.0 .*v1\.0\.0 .* stays: Vercel does not say which hosts/,
  );
  assert.match(outcome.warnings.join(), /Which hosts point at v1\.0\.0 .* could not be read/);
  assert.equal(await project.deployment(first.id).then((one) => one?.readyState), 'READY');
  const states = (await github.listStatuses(second.ledgerId)).map(({ state }) => state);
  assert.equal(states.includes('inactive'), true);
  assert.deepEqual(states.slice(-2), ['inactive', 'inactive'], 'a release that ended does not show as going on');
});
