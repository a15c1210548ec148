import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GitHub } from '#github/client';
import type { VercelProject } from '#vercel/project';
import { startGate, type Verdict } from '../test/gate.ts';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { closeLedger, settleEnvironment } from './finish-release.ts';
import { readReleases } from './ledger.ts';
import { readOpenLocks } from './lock.ts';
import { openRelease } from './open-release.ts';
import { preflight } from './preflight.ts';
import { promote } from './promote.ts';
import { reconcile } from './reconcile.ts';
import { releaseKey } from './release-handle.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { takeBack } from './take-back.ts';

// S10: a release and a rollback die at every outgoing request, before it is sent and after it took effect without an
// answer; then they run again on a fresh runner. The invariants hold after the death and after the second run.

let scene: Scene;
let runId = 2_000;
let environment = '';
let current = '';

before(async () => {
  scene = await setScene({ vercel: { aliasDelayMs: 1 } });
});
after(() => scene.close());

async function reset(): Promise<void> {
  runId += 1;
  environment = `production-${runId}`;
  const { project } = await scene.connect();
  current = await scene.goLive({ gitCommitSha: scene.commits[2] ?? '' });
  await project.setAutoAssign(true);
}

type Services = { github: GitHub; project: VercelProject };

/** The path of deploy/action.yml with its decisions, without builds and probes; `bad` fails after promotion. */
async function release(services: Services, bad: boolean): Promise<string> {
  const { github, project } = services;
  const settings = scene.settings({ environment });
  const commit = scene.commits.at(-1) ?? '';
  const { repository } = scene.sandbox.description.github;
  const context = {
    repository,
    repositoryId: String(scene.sandbox.repositoryId),
    runId,
    runAttempt: 1,
    runUrl: '',
    actor: '',
  };
  const key = releaseKey({ ...context, environment });
  const report = await preflight(
    { github, openProject: async () => project },
    {
      settings,
      key,
      runId,
      commit,
      version: 'v2.0.0',
      workspace: scene.workspace,
      vercelApiUrl: scene.sandbox.description.vercel.apiUrl,
      dryRun: false,
      resume: false,
      bypassSecretGiven: false,
      ageRecipients: [],
      throwAway: false,
      findings: [],
    },
  );
  if (report.decision !== 'ready' && !report.unfinishedRollback) return report.decision;
  const handle = await openRelease(github, report, { settings, context, version: 'v2.0.0', commit });
  const dependencies = { github, project, ...quietDependencies };
  let promoted = { outcome: 'skipped' as 'skipped' | 'success' | 'failure', decision: '' };
  let deploymentId = '';
  if (report.decision === 'ready') {
    deploymentId =
      (await ownDeployment(project, key)) ?? (await scene.stage({ opsRelease: key, gitCommitSha: commit }));
    const outcome = await promote(dependencies, { handle, deploymentId, requireAncestor: false });
    promoted = { outcome: outcome.decision === 'failed' ? 'failure' : 'success', decision: outcome.decision };
  }
  const back = await takeBack(dependencies, {
    handle,
    settings,
    deploymentId,
    outcomes: {
      jobStatus: bad ? 'failure' : 'success',
      promote: promoted,
      health: { outcome: bad ? 'failure' : 'success' },
      smoke: { outcome: 'skipped' },
      watch: { outcome: bad ? 'skipped' : 'success', decision: bad ? '' : 'pass' },
    },
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
  });
  const decision = back.act === 'roll-back' ? 'rolled-back' : promoted.decision === '' ? 'refused' : 'released';
  await settleEnvironment({ github, project }, handle, { moved: true, names: [] });
  await closeLedger(github, handle, { decision, reasonCode: 'test' });
  return decision;
}

/** What an earlier attempt deployed (S6). */
async function ownDeployment(project: VercelProject, key: string): Promise<string | undefined> {
  const found = await project.deployments({ target: 'production', limit: 20 });
  return found.findLast((deployment) => deployment.meta.opsRelease === key)?.id;
}

async function rollbackByHand(services: Services): Promise<string> {
  const outcome = await rollBackByHand(
    { ...services, ...quietDependencies },
    {
      settings: scene.settings({ environment }),
      key: `hand:${environment}`,
      runId,
      commit: scene.commits.at(-1) ?? '',
      target: 'previous',
      reason: 'broken',
      dryRun: false,
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  return outcome.decision;
}

interface Death {
  at: number;
  verdict: Verdict;
}

/** Runs until the k-th request; from then on nothing of this actor reaches anybody. True when it died. */
async function runUntil(death: Death, act: (services: Services) => Promise<string>): Promise<boolean> {
  const { vercel, github } = scene.sandbox.description;
  const life = new AbortController();
  const gate = await startGate({ vercel: vercel.apiUrl, github: github.apiUrl }, ({ index }) => {
    if (index < death.at) return 'pass';
    // Dead before the service acts, so that nothing can be done with the answer.
    life.abort();
    return index === death.at ? death.verdict : 'lose-request';
  });
  try {
    const addresses = { vercel: gate.address('vercel'), github: gate.address('github'), signal: life.signal };
    await act(await scene.connect(addresses));
  } catch (error) {
    if (!life.signal.aborted) throw error;
  } finally {
    await gate.idle();
    await gate.close();
  }
  return life.signal.aborted;
}

/** Which request of a release asks Vercel for the promotion. */
async function findPromotion(): Promise<number> {
  await reset();
  const { vercel, github } = scene.sandbox.description;
  const gate = await startGate({ vercel: vercel.apiUrl, github: github.apiUrl }, () => 'pass');
  try {
    await release(await scene.connect({ vercel: gate.address('vercel'), github: gate.address('github') }), false);
    const found = gate.passages.findIndex(({ method, path }) => method === 'POST' && path.includes('/promote/'));
    assert.ok(found > 0, 'a release promotes');
    return found;
  } finally {
    await gate.close();
  }
}

/** `reconcile` alone, on a fresh runner, after the run has ended (S7). */
async function reconciled(services: Services) {
  return await reconcile(
    { ...services, ...quietDependencies },
    {
      settings: scene.settings({ environment }),
      repository: scene.sandbox.description.github.repository,
      endedRuns: [runId],
    },
  );
}

/** Nothing is left for anybody to finish: I3 and I5 beside the others. */
async function proveFinished(what: string): Promise<void> {
  const { served, own } = await proveInvariants(what);
  const { github, project } = await scene.connect();
  for await (const record of readReleases(github, { environment })) {
    assert.notEqual(record.decision, undefined, `${what}: I3 no open entry whose run has ended`);
    if (record.decision === 'released') assert.equal(served, own, `${what}: I1`);
    else assert.notEqual(served, own, `${what}: I1 ${record.decision}, but it is served`);
  }
  const locked = (await readOpenLocks(github, environment)).length > 0;
  const { autoAssign } = await project.readState();
  assert.equal(autoAssign, !locked, `${what}: I5 auto-assign is as it was, or off while locked (${locked})`);
  const again = await reconciled({ github, project });
  assert.deepEqual([again.releases, again.locks], [[], []], `${what}: nothing is left to do`);
}

async function proveInvariants(what: string): Promise<{ served: string; own: string | undefined }> {
  const { github, project } = await scene.connect();
  const state = await project.readState();
  const key = releaseKey({ repositoryId: scene.sandbox.repositoryId, environment, runId });
  const deployments = (await project.deployments({ target: 'production', limit: 20 })).filter(
    (deployment) => deployment.meta.opsRelease === key,
  );
  const own = deployments[0]?.id;
  const served = state.currentDeploymentId ?? '';
  assert.ok([current, previous, own].includes(served), `${what}: I1 production serves ${served}`);
  const entries = [];
  for await (const record of readReleases(github, { environment })) entries.push(record);
  assert.ok(entries.length <= 1, `${what}: I7 one entry per release key`);
  assert.ok(deployments.length <= 1, `${what}: I7 one staged deployment per release key`);
  const [entry] = entries;
  if (served === own) assert.notEqual(entry?.promotion, 'none', `${what}: I1 the ledger says so`);
  const locks = await readOpenLocks(github, environment);
  if (state.lastAliasRequest?.type === 'rollback' && served === state.lastAliasRequest.toDeploymentId) {
    assert.ok(locks.length > 0, `${what}: I4 after a rollback the lock is there`);
  }
  return { served, own };
}

let previous = '';

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  test(`A good release that dies at any request (${verdict}) is released by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      const what = `${verdict} ${k}`;
      const died = await runUntil({ at: k, verdict }, (services) => release(services, false));
      await proveInvariants(`${what}, dead`);
      const again = await release(await scene.connect(), false);
      assert.ok(['released', 'already-current'].includes(again), `${what}: ${again}`);
      const { served, own } = await proveInvariants(what);
      assert.equal(served, own, what);
      assert.equal((await (await scene.connect()).project.readState()).autoAssign, true, `${what}: I5`);
      if (!died) return assert.ok(k > 20, `only ${k} requests`);
    }
  });

  test(`A bad release that dies at any request (${verdict}) is taken back by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      const what = `${verdict} ${k}`;
      const died = await runUntil({ at: k, verdict }, (services) => release(services, true));
      await proveInvariants(`${what}, dead`);
      const again = await release(await scene.connect(), true);
      assert.ok(['rolled-back', 'refused'].includes(again), `${what}: ${again}`);
      const { served } = await proveInvariants(what);
      assert.equal(served, current, `${what}: ${again}`);
      const { github, project } = await scene.connect();
      assert.ok((await readOpenLocks(github, environment)).length > 0, `${what}: I4 locked`);
      assert.equal((await project.readState()).autoAssign, false, `${what}: I5 off while locked`);
      if (!died) return assert.ok(k > 30, `only ${k} requests`);
    }
  });

  test(`A rollback by hand that dies at any request (${verdict}) is finished by its next attempt`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      const what = `${verdict} ${k}`;
      previous = current;
      current = await scene.goLive();
      await (await scene.connect()).project.setAutoAssign(true);
      const died = await runUntil({ at: k, verdict }, rollbackByHand);
      await proveInvariants(`${what}, dead`);
      const again = await rollbackByHand(await scene.connect());
      assert.ok(['rolled-back', 'already-current'].includes(again), `${what}: ${again}`);
      const { served } = await proveInvariants(what);
      assert.equal(served, previous, what);
      const { github, project } = await scene.connect();
      assert.ok((await readOpenLocks(github, environment)).length > 0, `${what}: I4 locked`);
      assert.equal((await project.readState()).autoAssign, false, `${what}: I5 off while locked`);
      if (!died) return assert.ok(k > 8, `only ${k} requests`);
    }
  });

  for (const bad of [false, true]) {
    test(`A ${bad ? 'bad' : 'good'} release that dies at any request (${verdict}) is brought to an end by reconcile alone`, async () => {
      for (let k = 0; ; k++) {
        await reset();
        const what = `${verdict} ${k}`;
        const died = await runUntil({ at: k, verdict }, (services) => release(services, bad));
        await reconciled(await scene.connect());
        await proveFinished(what);
        if (!died) return assert.ok(k > 20, `only ${k} requests`);
      }
    });
  }

  test(`A rollback by hand that dies at any request (${verdict}) is brought to an end by reconcile alone`, async () => {
    for (let k = 0; ; k++) {
      await reset();
      previous = current;
      current = await scene.goLive();
      const { project, github } = await scene.connect();
      await project.setAutoAssign(true);
      const died = await runUntil({ at: k, verdict }, rollbackByHand);
      await reconciled(await scene.connect());
      const what = `${verdict} ${k}`;
      const { served } = await proveInvariants(what);
      const locked = (await readOpenLocks(github, environment)).length > 0;
      // Before its lock nothing was promised; from then on the rollback is carried out.
      assert.equal(served, locked ? previous : current, what);
      assert.equal((await project.readState()).autoAssign, !locked, `${what}: I5`);
      if (!died) return assert.ok(k > 8, `only ${k} requests`);
    }
  });

  test(`Reconcile that dies at any request (${verdict}) is finished by its next run`, async () => {
    const promotionAt = await findPromotion();
    for (let k = 0; ; k++) {
      await reset();
      // Right behind the accepted promotion: the case with the most to do.
      await runUntil({ at: promotionAt, verdict: 'lose-answer' }, (services) => release(services, true));
      const died = await runUntil({ at: k, verdict }, async (services) => {
        await reconciled(services);
        return 'done';
      });
      await reconciled(await scene.connect());
      await proveFinished(`${verdict} ${k}`);
      assert.equal(scene.served(), current);
      if (!died) return assert.ok(k > 15, `only ${k} requests`);
    }
  });
}
