import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type GroupScene, setGroupScene } from '../test/group-scene.ts';
import { quietDependencies } from '../test/scene.ts';
import { giveWay } from './give-way.ts';
import { findOwn } from './ledger.ts';
import { readLocks, readOpenLocks, takeLock } from './lock.ts';
import { readServed } from './move-domains.ts';
import { openApps } from './open-apps.ts';
import { promote as promoteGroup } from './promote.ts';
import { readHistory } from './read-environment.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { tellDifferences } from './rollback-differences.ts';
import { takeBack } from './take-back.ts';
import { unlock } from './unlock.ts';

let scene: GroupScene;
before(async () => {
  scene = await setGroupScene();
});
after(() => scene.close());

const production = { as: 'production' } as const;

async function lift(environment = 'production'): Promise<void> {
  const { github, project } = await scene.group();
  const given = { environment, production: true, key: 'hand', reason: 'mended', autoAssignDefault: true };
  await unlock({ github, project }, given);
}

let runs = 100;

/** A release of both apps, staged, over what both serve. */
async function staged() {
  const target = await scene.begin();
  const services = await scene.group();
  const handle = await scene.openPair({ runId: ++runs, target });
  const pair = await scene.stagePair(handle.key);
  return {
    ...services,
    handle,
    target,
    pair,
    promote: async () =>
      promoteGroup({ ...services, ...quietDependencies }, { handle, deploymentId: pair.web, requireAncestor: false }),
  };
}

const outcomes = (promotion: 'success' | 'failure', watch = 'would-roll-back') => ({
  jobStatus: 'failure' as const,
  promote: { outcome: promotion, decision: promotion === 'success' ? 'promoted' : 'failed' },
  health: { outcome: 'success' as const },
  smoke: { outcome: 'skipped' as const },
  watch: { outcome: 'failure' as const, decision: watch, reason: 'error rate 12 %' },
});

const back = { lockExpiryMs: 3_600_000, promoteInstead: false };

test('a good release moves both, each by one request with intent and outcome, and is known again by either', async () => {
  const { project, github, handle, pair, promote } = await staged();
  const before = scene.accepted('promote');
  const outcome = await promote();
  assert.equal(outcome.decision, 'promoted', outcome.message);
  assert.match(outcome.message, /notes-app: moved to dpl_\w+; admin: moved to dpl_/);
  assert.deepEqual(scene.servedPair(), pair);
  assert.deepEqual(scene.accepted('promote'), { web: before.web + 1, admin: before.admin + 1 });
  const served = await readServed(project, production);
  assert.deepEqual([served.deploymentId, served.mixed, served.hosts.length], [pair.web, false, 2]);
  const record = await findOwn(github, { environment: 'production', payload: handle });
  assert.deepEqual(
    record?.facts.map(({ step, kind, word }) => `${step} ${kind} ${word}`),
    [
      `promote intent ${pair.web}`,
      `promote-app intent ${pair.admin}`,
      'promote-app outcome moved',
      'promote outcome promoted',
    ],
  );
  assert.equal(record?.deploymentId, pair.web);
});

test('a breach takes both back to what was recorded for each, by one request each, under one lock', async () => {
  const { project, github, handle, target, pair, promote } = await staged();
  await promote();
  const before = scene.accepted('rollback');
  const outcome = await takeBack(
    { github, project, ...quietDependencies },
    { handle, settings: scene.groupSettings(), deploymentId: pair.web, outcomes: outcomes('success'), ...back },
  );
  assert.ok(outcome.act === 'roll-back' && outcome.rollback.decision === 'rolled-back');
  assert.deepEqual(scene.servedPair(), target);
  assert.deepEqual(scene.accepted('rollback'), { web: before.web + 1, admin: before.admin + 1 });
  const [lock] = await readOpenLocks(github, 'production');
  assert.deepEqual(lock?.target, { deploymentId: target.web, apps: { admin: target.admin } });
  assert.equal(scene.sandbox.vercel.project.autoAssignCustomDomains, false);
  assert.equal(scene.admin.autoAssignCustomDomains, false);
  const served = await readServed(project, production);
  assert.deepEqual([served.deploymentId, served.mixed], [target.web, false]);
  await lift();
  assert.equal(scene.sandbox.vercel.project.autoAssignCustomDomains, true, 'I5');
  assert.equal(scene.admin.autoAssignCustomDomains, true, 'I5');
});

test('a target is offered only with the deployment of every app, and a forged or half one is refused by name', async () => {
  const { project, pair, target, promote } = await staged();
  await promote();
  const half = await scene.stage({ opsRelease: 'key-of-nobody' });
  await scene.goLive({ opsRelease: 'another-key' });
  const history = await readHistory(project, scene.groupSettings(), []);
  const apps = (id: string) => history.deployments.find((one) => one.id === id)?.apps;
  assert.deepEqual(apps(pair.web), [{ name: 'admin', deploymentId: pair.admin }]);
  const [{ built, ...mate } = {}] = apps(target.web) ?? [];
  assert.deepEqual(mate, { name: 'admin', deploymentId: target.admin });
  assert.ok(built !== undefined && built.createdAt > 0, 'no release says how old it is');
  assert.match(apps(half)?.[0]?.problem ?? '', /no deployment of admin is known/);
  const outcome = await rollBackByHand(
    { ...(await scene.group()), ...quietDependencies },
    {
      settings: scene.groupSettings(),
      key: 'hand',
      runId: ++runs,
      commit: scene.commits.at(-1) ?? '',
      target: half,
      reason: 'test',
      dryRun: false,
      ...back,
    },
  );
  assert.equal(outcome.decision, 'refused');
  assert.match('message' in outcome ? outcome.message : '', /no deployment of admin is known to go with it/);
});

test('an app that is new in ops.yml stays where it is when the first one goes back behind a release without it', async () => {
  const before = await scene.begin();
  const next = await scene.goLive({ opsRelease: 'release-before-the-app' });
  const rollbacks = scene.accepted('rollback');
  // An environment whose ledger knows of no release with several apps.
  const settings = scene.groupSettings({ environment: 'fresh' });
  const { sandbox, admin } = scene;
  const { vercel } = sandbox.description;
  const { github } = await scene.connect();
  const connection = { apiUrl: vercel.apiUrl, token: vercel.token, team: vercel.teamId, project: vercel.projectId };
  const project = await openApps({ connection, settings, github, wayBack: true });
  const outcome = await rollBackByHand(
    { github, project, ...quietDependencies },
    {
      settings,
      key: `hand-${++runs}`,
      runId: runs,
      commit: scene.commits.at(-1) ?? '',
      target: before.web,
      reason: 'broken',
      dryRun: false,
      ...back,
    },
  );
  assert.equal(outcome.decision, 'rolled-back', JSON.stringify(outcome));
  assert.notEqual(next, before.web);
  assert.deepEqual([scene.servedPair(), admin.productionDeploymentId], [before, before.admin]);
  assert.deepEqual(scene.accepted('rollback'), { ...rollbacks, web: rollbacks.web + 1 });
  await lift(settings.environment);
});

test('a target named by hand takes both back; "previous" goes no further then', async () => {
  const { target, promote } = await staged();
  await promote();
  const byHand = async (to: string, dryRun = false) =>
    rollBackByHand(
      { ...(await scene.group()), ...quietDependencies },
      {
        settings: scene.groupSettings(),
        key: `hand-${++runs}`,
        runId: runs,
        commit: scene.commits.at(-1) ?? '',
        target: to,
        reason: 'broken',
        dryRun,
        ...back,
      },
    );
  const planned = await byHand(target.web, true);
  assert.ok('message' in planned);
  assert.match(planned.message, new RegExp(`to .*${target.web}.*, admin to ${target.admin}; nothing was changed`));
  assert.equal((await byHand(target.web)).decision, 'rolled-back');
  assert.deepEqual(scene.servedPair(), target);
  assert.equal((await byHand('previous')).decision, 'already-current');
  await lift();
});

test('what a way back does not bring back is told of every project by name, values never', async () => {
  const { project, target, pair, promote } = await staged();
  await promote();
  const { vercel } = scene.sandbox;
  vercel.setEnvironment(vercel.project, { WEB_KEY: 'value-of-web' });
  vercel.setEnvironment(scene.admin, { ADMIN_KEY: 'value-of-admin' });
  const moved = { target: target.web, left: pair.web, vercelTarget: 'production' };
  const told = await tellDifferences(project, { ...moved, apps: { admin: target.admin } });
  const older = 'Environment variables changed since it was built, it has the older values';
  assert.deepEqual(told, [`notes-app: ${older}: WEB_KEY.`, `admin: ${older}: ADMIN_KEY.`]);
  const byRelease = await tellDifferences(project, { ...moved, target: pair.web, left: undefined });
  assert.deepEqual(byRelease, told, 'found by the release where nothing is recorded');

  const order = { service: 'vercel', method: 'GET', route: `/v10/projects/${scene.admin.id}/env` } as const;
  scene.sandbox.faults.order({
    ...order,
    fault: { status: 403, body: { error: { code: 'forbidden', message: 'no' } } },
  });
  const half = await tellDifferences(project, { ...moved, apps: { admin: target.admin } });
  assert.equal(half[0], told[0], 'one that cannot be read hides nothing of the other');
  assert.match(half[1] ?? '', /^admin: Which variables and cron jobs differ could not be read: /);
  scene.sandbox.faults.clear();
  vercel.project.env = [];
  scene.admin.env = [];
});

test('a way back that one project refused is told by name, and "previous" brings it to its end by one request', async () => {
  const { project, github, handle, target, pair, promote } = await staged();
  await promote();
  const before = scene.accepted('rollback');
  const order = { service: 'vercel', method: 'POST', route: `/v1/projects/${scene.admin.id}/rollback/` } as const;
  const refusal = { status: 422, body: { error: { code: 'invalid', message: 'not now' } } };
  scene.sandbox.faults.order({ ...order, times: 1, fault: refusal });
  const outcome = await takeBack(
    { github, project, ...quietDependencies },
    { handle, settings: scene.groupSettings(), deploymentId: pair.web, outcomes: outcomes('success'), ...back },
  );
  assert.ok(outcome.act === 'roll-back');
  const { rollback } = outcome;
  assert.equal(rollback.decision, 'failed');
  assert.match(
    rollback.message,
    new RegExp(`notes-app: moved to ${target.web}; admin: NOT on ${target.admin}: .*vercel rollback ${target.admin}`),
  );
  assert.deepEqual(scene.servedPair(), { web: target.web, admin: pair.admin });
  assert.equal((await readServed(project, production)).mixed, true);
  scene.sandbox.faults.clear();

  const ended = await rollBackByHand(
    { ...(await scene.group()), ...quietDependencies },
    {
      settings: scene.groupSettings(),
      key: `hand-${++runs}`,
      runId: runs,
      commit: scene.commits.at(-1) ?? '',
      target: 'previous',
      reason: 'half',
      dryRun: false,
      ...back,
    },
  );
  assert.equal(ended.decision, 'rolled-back', JSON.stringify(ended));
  assert.match(ended.warnings.join(), /did not reach every project/);
  assert.deepEqual(scene.servedPair(), target);
  assert.deepEqual(scene.accepted('rollback'), { web: before.web + 1, admin: before.admin + 1 });
  await lift();
});

test('where the plan of one project refuses rollbacks, its target is promoted instead and the other goes back as it is', async () => {
  const { project, github, handle, target, pair, promote } = await staged();
  await promote();
  const before = { back: scene.accepted('rollback'), forward: scene.accepted('promote') };
  const order = { service: 'vercel', method: 'POST', route: `/v1/projects/${scene.admin.id}/rollback/` } as const;
  scene.sandbox.faults.order({ ...order, fault: { status: 402, body: { error: { code: 'payment_required' } } } });
  const outcome = await takeBack(
    { github, project, ...quietDependencies },
    {
      handle,
      settings: scene.groupSettings(),
      deploymentId: pair.web,
      outcomes: outcomes('success'),
      ...back,
      promoteInstead: true,
    },
  );
  assert.ok(outcome.act === 'roll-back' && outcome.rollback.decision === 'rolled-back', JSON.stringify(outcome));
  assert.equal(outcome.rollback.requests, 2);
  assert.deepEqual(scene.servedPair(), target);
  assert.deepEqual(scene.accepted('rollback'), { ...before.back, web: before.back.web + 1 });
  assert.deepEqual(scene.accepted('promote'), { ...before.forward, admin: before.forward.admin + 1 });
  assert.equal(scene.admin.autoAssignCustomDomains, false, 'off while locked, also behind a promotion');
  await lift();
});

test('a rollback that takes the lock between two promotions ends the release, and both serve what its lock names', async () => {
  const { project, github, handle, target, pair, alone } = await staged();
  const { promote: first } = alone.web;
  alone.web.promote = async (id, options) => {
    const moved = await first(id, options);
    const taken = await takeLock(github, {
      schemaVersion: 1,
      environment: 'production',
      production: true,
      ref: handle.commit,
      key: 'somebody',
      reason: 'checkout fails',
      target: { deploymentId: target.web, apps: { admin: target.admin } },
      expiresAfterMs: 3_600_000,
    });
    assert.ok(taken.held);
    return moved;
  };
  const before = scene.accepted('promote');
  const outcome = await promoteGroup(
    { github, project, ...quietDependencies },
    { handle, deploymentId: pair.web, requireAncestor: false },
  );
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['superseded', 'locked'], outcome.message);
  assert.deepEqual(scene.servedPair(), target);
  assert.deepEqual(scene.accepted('promote'), { ...before, web: before.web + 1 }, 'the second was never asked to move');
  await lift();
});

test('who gives way to a lock says so where one project could not be put back', async () => {
  const { project, github, handle, target, pair, promote } = await staged();
  await promote();
  const taken = await takeLock(github, {
    schemaVersion: 1,
    environment: 'production',
    production: true,
    ref: handle.commit,
    key: 'somebody',
    reason: 'checkout fails',
    target: { deploymentId: target.web, apps: { admin: target.admin } },
    expiresAfterMs: 3_600_000,
  });
  assert.ok(taken.held);
  const order = { service: 'vercel', method: 'POST', route: `/v1/projects/${scene.admin.id}/rollback/` } as const;
  const refusal = { status: 422, body: { error: { code: 'invalid', message: 'not now' } } };
  scene.sandbox.faults.order({ ...order, times: 1, fault: refusal });
  const { clock } = quietDependencies;
  const given = { ...handle, deploymentId: pair.web, lock: taken.lock };
  const said = await giveWay({ project, clock }, given);
  assert.deepEqual(scene.servedPair(), { web: target.web, admin: pair.admin });
  assert.match(
    said,
    new RegExp(
      `could not be taken back: .*admin: NOT on ${target.admin}.*Next, at once: vercel rollback ${target.admin}`,
    ),
  );
  assert.match(await giveWay({ project, clock }, given), /was taken back/, 'what is half back is brought to its end');
  assert.deepEqual(scene.servedPair(), target);
  scene.sandbox.faults.clear();
  await lift();
});

test('a rollback of one further app in the dashboard is acknowledged by unlock, for this app, and then promoted over', async () => {
  const { project, github, pair, target, alone, promote } = await staged();
  await promote();
  await project.setAutoAssign(false);
  await alone.admin.rollBack(target.admin, {});
  const lifted = await unlock(
    { github, project },
    { environment: 'production', production: true, key: 'hand', reason: 'mended', autoAssignDefault: false },
  );
  assert.match(lifted.message, /is acknowledged on production/);
  const [lock] = (await readLocks(github, 'production')).toSorted((a, b) => b.id - a.id);
  assert.deepEqual([lock?.target?.apps, lock?.releasedAt !== undefined], [{ admin: target.admin }, true]);
  const handle = await scene.openPair({ runId: ++runs, target: pair, autoAssign: false });
  const next = await scene.stagePair(handle.key);
  const request = { deploymentId: next.web, requireAncestor: false };
  const deps = { github, project, ...quietDependencies };
  const early = await promoteGroup(deps, { handle, ...request });
  assert.equal(early.reasonCode, 'pinned_rollback', 'the preflight may not have seen it');
  const later = { ...handle, openedAt: handle.openedAt + 600_000 };
  const outcome = await promoteGroup(deps, { handle: later, ...request });
  assert.equal(outcome.decision, 'promoted', outcome.message);
  assert.deepEqual(scene.servedPair(), next);
  await project.setAutoAssign(true);
});

test('a deployment that is gone in one project stops the move before the other is touched', async () => {
  const { project, pair } = await staged();
  const before = {
    served: scene.servedPair(),
    rollbacks: scene.accepted('rollback'),
    promotions: scene.accepted('promote'),
  };
  scene.sandbox.vercel.remove(pair.admin);
  const forward = await project.promote(pair.web, { apps: { admin: pair.admin } });
  assert.deepEqual([forward.outcome, forward.reasonCode, forward.requests], ['failed', 'target_gone', 0]);
  assert.match(forward.message, new RegExp(`${pair.admin} of admin is gone. Nothing was moved`));
  const backwards = await project.rollBack(pair.web, { apps: { admin: pair.admin } });
  assert.deepEqual([backwards.outcome, backwards.reasonCode, backwards.requests], ['failed', 'target_gone', 0]);
  assert.deepEqual(
    { served: scene.servedPair(), rollbacks: scene.accepted('rollback'), promotions: scene.accepted('promote') },
    before,
  );
});
