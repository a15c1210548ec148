import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hurriedClock } from '../test/hurried-clock.ts';
import { quietDependencies, type Scene } from '../test/scene.ts';
import { bad, environment, good, runId, scene } from '../test/two-releases.ts';
import { readOpenLocks } from './lock.ts';
import { readRecentReleases } from './read-environment.ts';
import { type RollBackRequest, rollBack } from './roll-back.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { takeBack } from './take-back.ts';
import { unlock } from './unlock.ts';

function request(more: Partial<RollBackRequest> = {}): RollBackRequest {
  return {
    as: 'production',
    environment,
    production: true,
    key: `1:${environment}:${runId}`,
    runId,
    commit: scene.commits.at(-1) ?? '',
    ledgerId: 0,
    from: bad,
    target: { deploymentId: good, adopted: true },
    reason: 'error rate 12.5 %',
    automatic: true,
    autoAssign: true,
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
    ...more,
  };
}

function rollbackPosts(since: number): number {
  return scene.sandbox
    .requests()
    .filter((one) => one.at >= since && one.method === 'POST' && /\/rollback\/dpl_/.test(one.path)).length;
}

test('Lock first, then one accepted rollback, domains proven, auto-assign off, everything remembered for unlock', async () => {
  const since = Date.now();
  const services = await scene.connect();
  const outcome = await rollBack({ ...services, ...quietDependencies }, request({ operator: 'ada' }));
  assert.equal(outcome.decision, 'rolled-back');
  const { description = '' } = scene.sandbox.vercel.project.rollbackDescription ?? {};
  assert.equal(
    description,
    `error rate 12.5 % (${request().key}, ada)`,
    'whoever finds the project so reads whose it was',
  );
  assert.deepEqual(outcome.warnings, []);
  assert.ok(outcome.lockedAt !== undefined && outcome.swappedAt !== undefined && outcome.lockedAt <= outcome.swappedAt);
  assert.equal(outcome.requests, 1);
  assert.equal(rollbackPosts(since), 1);
  const own = scene.sandbox.requests().filter((one) => one.at >= since);
  const lockAt = own.findIndex(
    (one) => one.service === 'github' && one.method === 'POST' && one.path.endsWith('/deployments'),
  );
  const swapAt = own.findIndex((one) => one.service === 'vercel' && one.method === 'POST');
  assert.ok(lockAt >= 0 && lockAt < swapAt, 'the lock is written before any domain moves');
  assert.equal(scene.served(), good);
  const [lock] = await readOpenLocks(services.github, environment);
  assert.deepEqual([lock?.target?.deploymentId, lock?.autoAssign], [good, true]);
  assert.equal((await services.project.readState()).autoAssign, false);

  const again = await rollBack({ ...services, ...quietDependencies }, request());
  assert.equal(again.decision, 'already-current');
  assert.equal(rollbackPosts(since), 1, 'a second try sends nothing');

  const lifted = await unlock(services, {
    environment,
    production: true,
    reason: 'mended',
    key: 'me',
    autoAssignDefault: false,
  });
  assert.equal(lifted.autoAssign, true);
  assert.equal((await services.project.readState()).autoAssign, true);
  assert.deepEqual(await readOpenLocks(services.github, environment), []);
});

test('Two runs that take one release back at the same moment send one rollback and hold one lock', async () => {
  const since = Date.now();
  const runs = [501, 502].map(async (own) => {
    // A fresh client each: as in two jobs, neither knows what the other has read.
    const services = await scene.connect();
    return await rollBack({ ...services, ...quietDependencies }, request({ runId: own }));
  });
  const outcomes = await Promise.all(runs);
  assert.equal(rollbackPosts(since), 1);
  assert.deepEqual(outcomes.map(({ decision }) => decision).toSorted(), ['already-current', 'rolled-back']);
  assert.equal(scene.served(), good);
  const { github } = await scene.connect();
  assert.equal((await readOpenLocks(github, environment)).length, 1);
});

test('People are told as the swap starts; a message that never arrives delays neither swap nor end, and is not told as sent', async () => {
  const services = await scene.connect();
  const told: string[] = [];
  let servedThen: string | undefined;
  const at = Date.now();
  const announce: RollBackRequest['announce'] = async (target, from) => {
    servedThen = scene.served();
    told.push(`${from} -> ${target.deploymentId}`);
    return { at };
  };
  const outcome = await rollBack({ ...services, ...quietDependencies }, request({ announce }));
  assert.deepEqual([outcome.decision, told, servedThen], ['rolled-back', [`${bad} -> ${good}`], bad]);
  assert.deepEqual(outcome.announced, { at });
  const finished = await rollBack({ ...services, ...quietDependencies }, request({ announce, finishing: true }));
  assert.deepEqual([finished.decision, finished.announced], ['rolled-back', undefined]);
  assert.equal(told.length, 1, 'domains that are back already are not announced as being moved');
  await unlock(services, { environment, production: true, reason: 'mended', key: 'me', autoAssignDefault: false });
  await services.project.promote(bad, {});
  const silent = await rollBack(
    { ...services, ...quietDependencies },
    request({ announce: () => new Promise<never>(() => {}) }),
  );
  assert.equal(silent.decision, 'rolled-back');
  assert.equal(silent.announced, undefined);
  assert.ok((silent.swappedAt ?? Number.POSITIVE_INFINITY) - silent.startedAt < 15_000);
});

test('An answer that is lost leads to no second rollback', async () => {
  const since = Date.now();
  const services = await scene.connect();
  scene.sandbox.faults.order({
    service: 'vercel',
    method: 'POST',
    route: '/v1/projects',
    fault: { afterEffect: true },
  });
  const outcome = await rollBack({ ...services, ...quietDependencies }, request());
  assert.equal(outcome.decision, 'rolled-back');
  assert.equal(rollbackPosts(since), 1);
});

test('Where GitHub is silent the domains move first and the message says so', { timeout: 60_000 }, async () => {
  // What GitHub has swallowed is given up after three seconds instead of ten, and its five seconds of patience are half of one.
  const services = { ...(await scene.connect({ deadlineMs: 3_000 })), clock: hurriedClock(10) };
  scene.sandbox.faults.order({ service: 'github', route: '/repos', times: 50, fault: { blackHole: true } });
  const lines: string[] = [];
  const rolling = rollBack({ ...services, log: (line) => lines.push(line) }, request());
  while (scene.served() !== good) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.match(lines[0] ?? '', /did not answer within 5 s/);
  scene.sandbox.faults.clear();
  const outcome = await rolling;
  assert.equal(outcome.decision, 'rolled-back');
  assert.match(outcome.warnings.join(), /before the lock was written|is not locked/);
  assert.ok(outcome.lockId !== undefined, 'the lock follows');
});

test('Where GitHub refuses, the way back goes on and says how to lock', async () => {
  const services = await scene.connect();
  scene.sandbox.faults.order({
    service: 'github',
    route: '/repos',
    times: 50,
    fault: { status: 403, body: { message: 'no' } },
  });
  const outcome = await rollBack({ ...services, ...quietDependencies }, request());
  assert.equal(outcome.decision, 'rolled-back');
  assert.equal(outcome.lockId, undefined);
  assert.match(outcome.warnings.join(), /ops-actions lock --environment/);
  assert.equal(outcome.unrecorded, undefined, 'reconcile finds the note on Vercel');
});

test('Where GitHub is silent and the target is promoted instead, nothing tells of it: the last word is the command that locks', async () => {
  const older = good;
  await scene.goLive();
  const newest = await scene.goLive();
  scene.sandbox.vercel.behaviour.plan = 'hobby';
  const services = await scene.connect();
  const target = { deploymentId: older, adopted: true };
  const given = request({ target, from: newest, promoteInstead: true });
  scene.sandbox.faults.order({ service: 'github', route: '/repos', times: 50, fault: { status: 403, body: {} } });
  const outcome = await rollBack({ ...services, ...quietDependencies }, given);
  scene.sandbox.faults.clear();
  assert.deepEqual([outcome.decision, outcome.lockId, scene.served()], ['rolled-back', undefined, older]);
  assert.match(
    outcome.unrecorded ?? '',
    /reconcile will not know of it\. As soon as GitHub answers: .*lock --environment \S+ (--throw-away )?--reason 'rolled back'$/,
  );
  await services.project.promote(newest, {});
  const locked = await rollBack({ ...services, ...quietDependencies }, given);
  assert.deepEqual([locked.decision, locked.unrecorded], ['rolled-back', undefined], 'the lock tells it');
});

test('A plan that refuses rollbacks promotes, or fails clearly where the configuration forbids that', async () => {
  const older = good;
  await scene.goLive();
  const newest = await scene.goLive();
  scene.sandbox.vercel.behaviour.plan = 'hobby';
  const services = await scene.connect();
  const target = { deploymentId: older, adopted: true };
  const refused = await rollBack({ ...services, ...quietDependencies }, request({ target, from: newest }));
  assert.deepEqual([refused.decision, refused.reasonCode], ['failed', 'vercel_plan']);
  assert.equal(scene.served(), newest);
  assert.match(refused.message, /Next, at once/);
  const promoted = await rollBack(
    { ...services, ...quietDependencies },
    request({ target, from: newest, promoteInstead: true }),
  );
  assert.equal(promoted.decision, 'rolled-back');
  assert.equal(scene.served(), older);
  assert.equal(
    (await services.project.readState()).autoAssign,
    false,
    'a promotion switches it on; it is off while locked',
  );
});

test('A target that is gone fails by name and leaves production where it was, locked', async () => {
  const services = await scene.connect();
  const outcome = await rollBack(
    { ...services, ...quietDependencies },
    request({ target: { deploymentId: 'dpl_gone', adopted: false } }),
  );
  assert.deepEqual([outcome.decision, outcome.reasonCode], ['failed', 'rollback_target_deleted']);
  assert.equal(scene.served(), bad);
  assert.match(outcome.message, /ops-actions releases/);
  assert.ok(outcome.lockId !== undefined);
});

test('A rollback that Vercel takes but does not carry out is not reported as done', async () => {
  const services = await scene.connect();
  scene.sandbox.vercel.behaviour.failingMoves = 1;
  const outcome = await rollBack({ ...services, ...quietDependencies }, request());
  assert.equal(outcome.decision, 'failed');
  assert.equal(scene.served(), bad);
});

test('Two rollbacks of one release at the same time: one moves the domains, the other gives way', async () => {
  const since = Date.now();
  const outcomes = await Promise.all(
    ['a', 'b'].map(async (key) => rollBack({ ...(await scene.connect()), ...quietDependencies }, request({ key }))),
  );
  assert.equal(scene.served(), good);
  assert.equal(rollbackPosts(since), 1);
  assert.deepEqual(outcomes.map(({ decision }) => decision).toSorted(), ['rolled-back', 'superseded']);
});

test('A staging alias is re-aliased; promote and rollback of the project are never called', async () => {
  const services = await scene.connect();
  const [first, second] = [await scene.stage({}, 'preview'), await scene.stage({}, 'preview')];
  const host = 'staging.example.com';
  await services.project.assignAlias(first, host);
  await services.project.assignAlias(second, host);
  const since = Date.now();
  const outcome = await rollBack(
    { ...services, ...quietDependencies },
    request({ as: 'alias', host, from: second, target: { deploymentId: first, adopted: false } }),
  );
  assert.equal(outcome.decision, 'rolled-back');
  assert.equal(await services.project.servedBy(host), first);
  assert.equal(scene.served(), bad);
  const moves = scene.sandbox
    .requests()
    .filter((one) => one.at >= since && /\/(promote|rollback)\/dpl_/.test(one.path));
  assert.deepEqual(moves, []);
});

/** A rollback that somebody asks for; each key is a run of its own. */
async function byHand(
  key: string,
  target: string,
  repeated = false,
  services: Awaited<ReturnType<Scene['connect']>> | undefined = undefined,
) {
  return await rollBackByHand(
    { ...(services ?? (await scene.connect())), ...quietDependencies },
    {
      settings: scene.settings({ environment }),
      key,
      runId,
      commit: scene.commits.at(-1) ?? '',
      target,
      reason: 'broken',
      dryRun: false,
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
      repeated,
    },
  );
}

test("On Hobby a target beyond the plan's one step is said before anything is sent: promoted instead, or refused where that is forbidden", async () => {
  const older = good;
  const newest = await scene.goLive();
  scene.sandbox.vercel.behaviour.plan = 'hobby';
  const services = await scene.connect();
  const settings = scene.settings({ environment });
  const lines: string[] = [];
  const byHandWith = async (more: { dryRun: boolean; promoteInstead: boolean }) => {
    const vercel = more.promoteInstead ? settings.vercel : { ...settings.vercel, rollbackFallback: 'none' as const };
    return await rollBackByHand(
      { ...services, ...quietDependencies, log: (line) => void lines.push(line) },
      {
        settings: { ...settings, vercel },
        key: 'hobby',
        runId,
        commit: scene.commits.at(-1) ?? '',
        target: older,
        reason: 'broken',
        lockExpiryMs: 3_600_000,
        ...more,
      },
    );
  };
  const since = Date.now();
  const refused = await byHandWith({ dryRun: false, promoteInstead: false });
  assert.equal(refused.decision, 'refused');
  assert.match('message' in refused ? refused.message : '', /the plan's one step.*forbids to promote it instead/);
  const planned = await byHandWith({ dryRun: true, promoteInstead: true });
  assert.match(planned.warnings.join(), new RegExp(`beyond the plan's one step.*only to ${bad}.*promoted instead`));
  const sent = scene.sandbox.requests().filter(({ at, method }) => at >= since && method === 'POST');
  assert.deepEqual([sent.length, scene.served()], [0, newest], 'nothing was sent, and nothing locked');
  const done = await byHandWith({ dryRun: false, promoteInstead: true });
  assert.deepEqual([done.decision, scene.served()], ['rolled-back', older]);
  const [told, tried] = [/one step/, /refuses this rollback \(402\)/].map((text) =>
    lines.findLastIndex((line) => text.test(line)),
  );
  assert.ok(told !== undefined && tried !== undefined && told >= 0 && told < tried, lines.join('\n'));
});

test('A second person’s "previous" does not go back one further', async () => {
  assert.equal((await byHand('one', 'previous')).decision, 'rolled-back');
  assert.equal(scene.served(), good);
  const second = await byHand('two', 'previous');
  assert.ok(
    second.decision === 'already-current' && 'reasonCode' in second && second.reasonCode === 'already_rolled_back',
  );
  assert.equal(scene.served(), good);
  const unknown = await byHand('three', 'v9.9.9');
  assert.equal(unknown.decision, 'refused');
});

test('The same run again brings its rollback to an end; once its lock was lifted, or after a later rollback, it moves nothing', async () => {
  assert.equal((await byHand('one', 'previous')).decision, 'rolled-back');
  const again = await byHand('one', 'previous', true);
  assert.ok('rollback' in again && again.decision === 'rolled-back', JSON.stringify(again));
  assert.equal(again.rollback.requests, 0, 'nothing is sent twice');
  assert.equal(again.rollback.from, bad);
  assert.equal(scene.served(), good);

  assert.equal((await byHand('two', bad)).decision, 'rolled-back');
  const late = await byHand('one', 'previous', true);
  assert.ok(late.decision === 'refused' && late.reasonCode === 'superseded', JSON.stringify(late));
  assert.equal(scene.served(), bad);

  const services = await scene.connect();
  await unlock(services, { environment, reason: 'mended', production: true, key: 'unlock', autoAssignDefault: true });
  const lifted = await byHand('two', 'previous', true);
  assert.ok(lifted.decision === 'refused' && lifted.reasonCode === 'superseded', JSON.stringify(lifted));
  assert.equal(scene.served(), bad);
});

test('A release under the lock of another rollback puts back what that lock names and moves nothing itself', async () => {
  const services = await scene.connect();
  const older = await scene.goLive();
  const mine = await scene.goLive();
  const handle = await scene.open({ runId, environment, target: good });
  const lock = await rollBack(
    { ...services, ...quietDependencies },
    request({ key: 'hand', target: { deploymentId: older, adopted: true }, automatic: false }),
  );
  assert.equal(lock.decision, 'rolled-back');
  // Our promotion lands behind the rollback.
  await services.project.promote(mine, {});
  const outcome = await takeBack(
    { ...services, ...quietDependencies },
    {
      handle,
      settings: scene.settings({ environment }),
      deploymentId: mine,
      outcomes: {
        jobStatus: 'failure',
        promote: { outcome: 'success', decision: 'promoted' },
        health: { outcome: 'failure' },
        smoke: { outcome: 'skipped' },
        watch: { outcome: 'skipped', decision: '' },
      },
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  assert.equal(outcome.act, 'not-needed');
  assert.equal(outcome.reasonCode, 'superseded');
  assert.equal(scene.served(), older);
});

test('A target that was deleted meanwhile is replaced by the next proven one: said loudly, in lock and ledger, one request', async () => {
  const since = Date.now();
  const services = await scene.connect();
  const handle = await scene.open({ runId, environment, target: 'dpl_gone' });
  const outcome = await takeBack(
    { ...services, ...quietDependencies },
    {
      handle,
      settings: scene.settings({ environment }),
      deploymentId: bad,
      outcomes: {
        jobStatus: 'failure',
        promote: { outcome: 'success', decision: 'promoted' },
        health: { outcome: 'failure' },
        smoke: { outcome: 'skipped' },
        watch: { outcome: 'skipped', decision: '' },
      },
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  assert.ok(outcome.act === 'roll-back');
  const { rollback } = outcome;
  assert.deepEqual([rollback.decision, rollback.to], ['rolled-back', good], rollback.message);
  assert.deepEqual(
    rollback.passedOver.map(({ deploymentId, reasonCode }) => [deploymentId, reasonCode]),
    [['dpl_gone', 'target_gone']],
  );
  assert.match(rollback.warnings.join(), /dpl_gone cannot be gone back to any more .* is taken instead/);
  assert.equal(scene.served(), good);
  assert.equal(rollbackPosts(since), 1);
  const [lock] = await readOpenLocks(services.github, environment);
  assert.equal(lock?.target?.deploymentId, good, 'whoever reads the lock is told what production has to serve');
  const [entry] = await readRecentReleases(services.github, environment);
  assert.equal(entry?.rollbackTarget?.deploymentId, good);
  assert.match(JSON.stringify(entry?.facts), /instead of dpl_gone: target_gone/);
});

test('Where a person named the target and it is deleted in between, nothing else is taken: the others are listed', async () => {
  const services = await scene.connect();
  const older = good;
  const named = bad;
  const newest = await scene.goLive();
  const { project } = services;
  const { rollBack: move } = project;
  project.rollBack = (id, options) => {
    scene.sandbox.vercel.remove(named);
    return move.call(project, id, options);
  };
  const outcome = await byHand('named', named, false, { ...services, project });
  assert.ok('rollback' in outcome && outcome.decision === 'failed', JSON.stringify(outcome));
  assert.equal(outcome.rollback.reasonCode, 'rollback_target_deleted');
  assert.match(outcome.rollback.message, new RegExp(`Can be taken: .*${older}`));
  assert.match(outcome.rollback.message, /Next, at once: npx \S+ releases/);
  assert.equal(scene.served(), newest);

  const previous = await scene.goLive();
  await scene.goLive();
  const again = await scene.connect();
  const { rollBack: moveAgain } = again.project;
  again.project.rollBack = (id, options) => {
    scene.sandbox.vercel.remove(previous);
    return moveAgain.call(again.project, id, options);
  };
  const automatic = await byHand('any', 'previous', false, again);
  assert.ok('rollback' in automatic && automatic.decision === 'rolled-back', JSON.stringify(automatic));
  assert.notEqual(automatic.rollback.to, previous);
  assert.equal(scene.served(), automatic.rollback.to);
});

test('An outage of the Vercel API that begins with the way back is outlasted', async () => {
  const services = await scene.connect({ patienceMs: 60_000 });
  // Without patience four failed attempts are the end.
  scene.sandbox.faults.order({ service: 'vercel', route: '/v9/projects', times: 9, fault: { status: 503 } });
  const outcome = await rollBack({ ...services, ...quietDependencies }, request());
  assert.equal(outcome.decision, 'rolled-back', outcome.message);
  assert.equal(outcome.requests, 1);
  assert.equal(scene.served(), good);
});
