import assert from 'node:assert/strict';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import { closeLedger, settleEnvironment } from '../src/finish-release.ts';
import { readReleases } from '../src/ledger.ts';
import { readOpenLocks } from '../src/lock.ts';
import { openRelease } from '../src/open-release.ts';
import { preflight } from '../src/preflight.ts';
import { promote } from '../src/promote.ts';
import { reconcile } from '../src/reconcile.ts';
import { type ReleaseHandle, releaseKey } from '../src/release-handle.ts';
import { rollBackByHand } from '../src/roll-back-by-hand.ts';
import { takeBack } from '../src/take-back.ts';
import { type Gate, type Passage, startGate, type Verdict } from './gate.ts';
import { quietDependencies, type Scene, setScene } from './scene.ts';

export let scene: Scene;
export let current = '';
/** What went live before `current`, where a rollback by hand is played. */
export let previous = '';
export let runId = 2_000;
/** Where the release of this case goes. */
export let environment = '';

export async function setStage(): Promise<void> {
  scene = await setScene({ vercel: { aliasDelayMs: 1 } });
}

/** A new environment that serves a deployment of somebody's hand. */
export async function reset(): Promise<void> {
  runId += 1;
  environment = `production-${runId}`;
  const { project } = await scene.connect();
  current = await scene.goLive({ gitCommitSha: scene.commits[2] ?? '' });
  await project.setAutoAssign(true);
}

export type Services = { github: GitHub; project: VercelProject; clock?: Clock; log?: (line: string) => void };

/** Watches what was promoted, as the step of deploy/action.yml does. */
export type WatchStep = (
  handle: ReleaseHandle,
  deploymentId: string,
) => Promise<{ outcome: 'success' | 'failure'; decision: string; reason: string }>;

/** The path of deploy/action.yml with its decisions, without builds and probes; `bad` fails after promotion, or in the watch that is given. */
export async function release(services: Services, bad: boolean, watch?: WatchStep): Promise<string> {
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
      recipients: [],
      throwAway: false,
      findings: [],
    },
  );
  if (report.decision !== 'ready' && !report.unfinishedRollback) return report.decision;
  const handle = await openRelease(github, report, { settings, context, version: 'v2.0.0', commit });
  const dependencies = { ...quietDependencies, ...services };
  let promoted = { outcome: 'skipped' as 'skipped' | 'success' | 'failure', decision: '' };
  let deploymentId = '';
  if (report.decision === 'ready') {
    deploymentId =
      (await ownDeployment(project, key)) ?? (await scene.stage({ opsRelease: key, gitCommitSha: commit }));
    const outcome = await promote(dependencies, { handle, deploymentId, requireAncestor: false });
    dependencies.log(outcome.message);
    promoted = { outcome: outcome.decision === 'failed' ? 'failure' : 'success', decision: outcome.decision };
  }
  const isLive = promoted.decision === 'promoted' || promoted.decision === 'already-current';
  const watched = isLive ? await watch?.(handle, deploymentId) : undefined;
  const fails = bad && watch === undefined;
  const back = await takeBack(dependencies, {
    handle,
    settings,
    deploymentId,
    outcomes: {
      jobStatus: bad ? 'failure' : 'success',
      promote: promoted,
      health: { outcome: fails ? 'failure' : 'success' },
      smoke: { outcome: 'skipped' },
      watch: watched ?? { outcome: bad ? 'skipped' : 'success', decision: bad ? '' : 'pass' },
    },
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
  });
  if (back.act === 'roll-back') dependencies.log(back.rollback.message);
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

/** Two deployments by hand: what a rollback leaves, and where to. */
export async function goLiveTwice(): Promise<void> {
  await reset();
  previous = current;
  current = await scene.goLive();
  await (await scene.connect()).project.setAutoAssign(true);
}

/** Whether the environment is locked, and the project's auto-assign. */
export async function readProtection(): Promise<{ locked: boolean; autoAssign: boolean | undefined }> {
  const { github, project } = await scene.connect();
  const [locks, { autoAssign }] = await Promise.all([readOpenLocks(github, environment), project.readState()]);
  return { locked: locks.length > 0, autoAssign };
}

export async function rollbackByHand(services: Services): Promise<string> {
  const dependencies = { ...quietDependencies, ...services };
  const outcome = await rollBackByHand(dependencies, {
    settings: scene.settings({ environment }),
    key: `hand:${environment}`,
    runId,
    commit: scene.commits.at(-1) ?? '',
    target: 'previous',
    reason: 'broken',
    dryRun: false,
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
  });
  dependencies.log('rollback' in outcome ? outcome.rollback.message : outcome.message);
  return outcome.decision;
}

interface Death {
  at: number;
  verdict: Verdict;
}

/** How an actor that may die reaches its services, and what tells it that it did. */
export interface Reach {
  address: Gate['address'];
  signal: AbortSignal;
}

/** Runs until the k-th request; from then on nothing of this actor reaches anybody. True when it died. */
export async function runUntil(
  death: Death,
  act: (services: Services, reach: Reach) => Promise<string>,
  /** Addresses of further services, and requests that are not counted. */
  more: { services?: Record<string, string>; counts?: (passage: Passage) => boolean } = {},
): Promise<boolean> {
  const { vercel, github } = scene.sandbox.description;
  const life = new AbortController();
  let counted = -1;
  const services = { vercel: vercel.apiUrl, github: github.apiUrl, ...more.services };
  const gate = await startGate(services, (passage) => {
    if (!life.signal.aborted && more.counts?.(passage) === false) return 'pass';
    counted += 1;
    const index = counted;
    if (index < death.at) return 'pass';
    // Dead before the service acts, so that nothing can be done with the answer.
    life.abort();
    return index === death.at ? death.verdict : 'lose-request';
  });
  try {
    const addresses = { vercel: gate.address('vercel'), github: gate.address('github'), signal: life.signal };
    await act(await scene.connect(addresses), { address: gate.address, signal: life.signal });
  } catch (error) {
    if (!life.signal.aborted) throw error;
  } finally {
    await gate.idle();
    await gate.close();
  }
  return life.signal.aborted;
}

/** Which request of a release asks Vercel for the promotion. */
export async function findPromotion(): Promise<number> {
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
export async function reconciled(services: Services) {
  return await reconcile(
    { ...quietDependencies, ...services },
    {
      settings: scene.settings({ environment }),
      repository: scene.sandbox.description.github.repository,
      endedRuns: [runId],
    },
  );
}

/** Nothing is left for anybody to finish: I3 and I5 beside the others. */
export async function proveFinished(what: string): Promise<void> {
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
  assert.deepEqual([again.finished, again.locks], [[], []], `${what}: nothing is left to do`);
}

export async function proveInvariants(what: string): Promise<{ served: string; own: string | undefined }> {
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
