import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../../test/scene.ts';
import { openLedger, openRelease } from '../ledger.ts';
import { readOpenLocks, takeLock } from '../lock.ts';
import { preflight } from '../preflight.ts';
import { reconcile } from '../reconcile.ts';
import { releaseKey } from '../release-handle.ts';
import { liftRehearsal } from './lift-rehearsal.ts';

let scene: Scene;
let environment = '';
let number = 0;
before(async () => {
  scene = await setScene({ vercel: { aliasDelayMs: 1 } });
});
after(() => scene.close());
beforeEach(() => {
  number += 1;
  environment = `staging-${number}`;
});
const settings = () => scene.settings({ environment, production: false, watch: { mode: 'auto' } });

/** A rehearsal whose runner died right behind its promotion; answers what was served before and its run. */
async function deadRehearsal(runId: number): Promise<{ former: string; key: string }> {
  const { github, project } = await scene.connect();
  const former = await scene.goLive();
  await project.setAutoAssign(true);
  const key = releaseKey({ repositoryId: scene.sandbox.repositoryId, environment, runId });
  const deploymentId = await scene.stage({ opsRelease: key });
  const { record } = await openRelease(github, {
    environment,
    production: false,
    payload: {
      schemaVersion: 1,
      key,
      runId,
      commit: scene.commits.at(-1) ?? '',
      version: 'rehearsal-1',
      as: 'production',
      rollbackTarget: { deploymentId: former, adopted: false },
      autoAssign: true,
      mode: 'auto',
      firstDeployment: false,
      rehearsal: true,
    },
  });
  await openLedger(github, { ledgerId: record.id }).record('promote', 'intent', deploymentId);
  await project.promote(deploymentId, {});
  return { former, key };
}

async function reconciled(endedRuns: number[]): Promise<void> {
  const { github, project } = await scene.connect();
  const { repository } = scene.sandbox.description.github;
  await reconcile({ github, project, ...quietDependencies }, { settings: settings(), repository, endedRuns });
}

test('a rehearsal that was killed in the middle: reconcile restores the former release, the next one unlocks it', async () => {
  const { github, project } = await scene.connect();
  const { former } = await deadRehearsal(1);
  assert.notEqual(scene.served(), former);
  await reconciled([1]);
  assert.equal(scene.served(), former);
  assert.equal((await readOpenLocks(github, environment)).length, 1);
  const { lifted, message } = await liftRehearsal({ github, project }, settings());
  assert.equal(lifted, 1, message);
  assert.deepEqual(await readOpenLocks(github, environment), []);
  assert.equal((await project.readState()).autoAssign, true, 'as it was before the rehearsal');
  assert.deepEqual(await liftRehearsal({ github, project }, settings()), { lifted: 0 });
});

test('the lock of a rehearsal stays while something else than it promises is served', async () => {
  const { github, project } = await scene.connect();
  await deadRehearsal(2);
  await reconciled([2]);
  await scene.goLive();
  const { lifted, message } = await liftRehearsal({ github, project }, settings());
  assert.equal(lifted, 0);
  assert.match(message ?? '', /stays: dpl_\w+ is not served/);
});

test("anybody else's lock stays, and with it auto-assign, which is for whoever lifts that one", async () => {
  const { github, project } = await scene.connect();
  const { former } = await deadRehearsal(3);
  await reconciled([3]);
  const ref = scene.commits.at(-1) ?? '';
  const own = {
    schemaVersion: 1,
    environment,
    production: false,
    ref,
    key: 'by-hand',
    reason: 'look at it first',
  } as const;
  await takeLock(github, { ...own, expiresAfterMs: 60_000 });
  const { lifted, message } = await liftRehearsal({ github, project }, settings());
  assert.equal(lifted, 1);
  assert.match(message ?? '', /stays locked by somebody else/);
  assert.deepEqual(
    (await readOpenLocks(github, environment)).map(({ key }) => key),
    ['by-hand'],
  );
  assert.equal((await project.readState()).autoAssign, false);
  assert.equal(scene.served(), former);
});

test('a rehearsal may release the very commit that is served, and a release that was queued before it is not superseded by it', async () => {
  const { github, project } = await scene.connect();
  const { former } = await deadRehearsal(40);
  await reconciled([40]);
  await liftRehearsal({ github, project }, settings());
  const look = (runId: number, rehearsal: boolean) =>
    preflight(
      { github, openProject: async () => project },
      {
        settings: settings(),
        key: releaseKey({ repositoryId: scene.sandbox.repositoryId, environment, runId }),
        runId,
        commit: scene.commits.at(-1) ?? '',
        version: 'v1',
        workspace: scene.workspace,
        vercelApiUrl: scene.sandbox.description.vercel.apiUrl,
        dryRun: false,
        resume: false,
        bypassSecretGiven: false,
        recipients: [],
        throwAway: false,
        findings: [],
        rehearsal,
      },
    );
  const queued = await look(39, false);
  assert.equal(queued.decision, 'ready', queued.summary);
  const unknown = await look(41, true);
  assert.match(unknown.summary, /no release of staging-\d+ brought it there/, 'it may be another environment’s');
  const handle = await scene.open({ runId: 38, environment });
  const ledger = openLedger(github, handle);
  await ledger.record('promote', 'outcome', 'promoted', former);
  await ledger.record('release', 'outcome', 'released', 'passed', { state: 'success' });
  const again = await look(41, true);
  assert.deepEqual([again.decision, again.target.target?.deploymentId], ['ready', former], again.summary);
});
