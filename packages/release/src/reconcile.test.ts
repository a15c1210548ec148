import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { formatAsked } from './asked.ts';
import type { Finished } from './finished.ts';
import { needsIncident } from './finished.ts';
import { fixForwardStep, formatFixForward } from './fix-forward.ts';
import { openLedger } from './ledger.ts';
import { readOpenLocks, takeLock } from './lock.ts';
import { reconcile } from './reconcile.ts';
import type { FunctionsBack, FunctionsScope } from './take-functions-back.ts';
import { recordWindow } from './watch-record.ts';

let scene: Scene;
before(async () => {
  scene = await setScene({ vercel: { aliasDelayMs: 1 } });
});
after(() => scene.close());

const stored = `artifact:1/1#${'a'.repeat(43)}`;
const restored: FunctionsBack = {
  outcome: 'restored',
  reasonCode: 'functions_restored',
  message: 'as they were',
  mixed: [],
};

/** `laterMs`: how much later than now GitHub's clock is. */
async function reconciled(environment: string, endedRuns: number[], laterMs = 0, tell?: () => Promise<void>) {
  const scopes: FunctionsScope[] = [];
  const told: Finished[] = [];
  const { github, project } = await scene.connect();
  const serverTime = () => github.serverTime() + laterMs;
  const outcome = await reconcile(
    {
      github: laterMs === 0 ? github : Object.assign(Object.create(github), { serverTime }),
      project,
      ...quietDependencies,
      functions: async (scope) => {
        scopes.push(
          'target' in scope ? { environment: scope.environment, target: scope.target } : { ledgerId: scope.ledgerId },
        );
        return restored;
      },
      tell: tell ?? (async (finished) => void told.push(finished)),
    },
    {
      settings: scene.settings({ environment }),
      repository: scene.sandbox.description.github.repository,
      endedRuns,
    },
  );
  return { outcome, scopes, told };
}

test('edge functions of a release that was never promoted are undone, unless a newer release deployed its own', async () => {
  const { github } = await scene.connect();
  const old = await scene.open({ runId: 1, environment: 'unpromoted', commit: scene.commits[0] ?? '' });
  await openLedger(github, old).record('functions', 'intent', 'stored', stored);
  const dead = await scene.open({ runId: 2, environment: 'unpromoted', version: 'v2.0.0' });
  await openLedger(github, dead).record('functions', 'intent', 'stored', stored);
  const { outcome, scopes, told } = await reconciled('unpromoted', [1, 2]);
  assert.deepEqual(scopes, [{ ledgerId: dead.ledgerId }]);
  assert.deepEqual(
    told.map(({ functions }) => functions?.reasonCode),
    ['functions_overtaken', 'functions_restored'],
  );
  assert.match(outcome.finished[1]?.what ?? '', /production was not touched\. Functions: as they were\./);
  assert.equal(outcome.alarming, false);
});

test('a run that died while it took its migrations back calls people', async () => {
  const { github } = await scene.connect();
  const dead = await scene.open({ runId: 4, environment: 'undone', commit: scene.commits[0] ?? '' });
  const ledger = openLedger(github, dead);
  await ledger.record('migrate', 'intent', 'apply', '1 pending');
  await ledger.record('migrate', 'outcome', 'applied', '1 applied, newest 4');
  await ledger.record('migrate', 'intent', 'rollback', '1 to 3');
  const { outcome, told } = await reconciled('undone', [4]);
  assert.match(outcome.finished[0]?.what ?? '', /not touched\. Whether its migrations were taken back is not known/);
  assert.deepEqual([outcome.alarming, told.map(needsIncident)], [true, [true]]);
});

test('a release that died after its promotion takes its functions back with the domains', async () => {
  const { github, project } = await scene.connect();
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const dead = await scene.open({ runId: 3, environment: 'promoted', target: good });
  await openLedger(github, dead).record('promote', 'intent', bad);
  await project.promote(bad, {});
  const { outcome, scopes } = await reconciled('promoted', [3]);
  assert.deepEqual([outcome.finished[0]?.decision, scopes], ['rolled-back', [{ ledgerId: dead.ledgerId }]]);
  assert.equal(scene.served(), good);
});

/** A live release whose job has ended and whose watch goes on, from `since` for a minute. */
async function handedOff(runId: number, since: number) {
  const environment = `handed-off-${runId}`;
  const { github, project } = await scene.connect();
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const handle = await scene.open({ runId, environment, target: good });
  const ledger = openLedger(github, handle);
  await ledger.record('promote', 'intent', bad);
  await project.promote(bad, {});
  await ledger.record('promote', 'outcome', 'promoted', bad);
  await recordWindow(ledger, { since, windowMs: 60_000, intervalMs: 30_000, rules: ['error-rate above 5%'] });
  await ledger.record('release', 'outcome', 'watch-continues', 'window_open');
  return { github, good, bad, handle, environment };
}

test('a way back that a run of watch.yml began and did not end is carried out and told once', async () => {
  const { github, good, bad, handle, environment } = await handedOff(21, Date.now());
  assert.deepEqual((await reconciled(environment, [21])).outcome.finished, [], 'its watch goes on');
  await takeLock(github, {
    schemaVersion: 1,
    environment,
    production: true,
    ref: handle.commit,
    key: handle.key,
    runId: 77,
    reason: 'v1.0.0: the error rate was above its limit',
    target: { deploymentId: good },
    from: bad,
    expiresAfterMs: 3_600_000,
  });
  assert.deepEqual(
    (await reconciled(environment, [77])).outcome.finished,
    [],
    'the next run of watch.yml has it first',
  );
  const { outcome } = await reconciled(environment, [77], 16 * 60_000);
  assert.deepEqual(
    outcome.finished.map(({ decision }) => decision),
    ['rolled-back'],
  );
  assert.equal(scene.served(), good);
  assert.deepEqual((await reconciled(environment, [77], 16 * 60_000)).outcome.finished, []);
});

test('a watch that no run ended is marked two hours later, or closed where production has moved on', async () => {
  const since = Date.now() - 3 * 3_600_000;
  const { bad, environment } = await handedOff(22, since);
  const { outcome } = await reconciled(environment, []);
  const [finished] = outcome.finished;
  assert.deepEqual([finished?.reasonCode, outcome.alarming], ['unwatched', true]);
  assert.match(finished?.what ?? '', /no run of watch\.yml judged it: nothing was moved/);
  assert.equal(scene.served(), bad);

  const moved = await handedOff(23, since);
  await scene.goLive();
  const later = await reconciled(moved.environment, []);
  assert.deepEqual([later.outcome.finished[0]?.decision, later.outcome.alarming], ['superseded', false]);
});

const answers = [
  { runId: 11, fallback: 'auto', state: undefined, ends: ['rolled-back', 'job_lost'] },
  { runId: 12, fallback: 'auto', state: 'rejected', ends: ['would-roll-back', 'declined'] },
  { runId: 13, fallback: 'notify', state: 'approved', ends: ['rolled-back', 'job_lost'] },
  { runId: 14, fallback: 'notify', state: undefined, ends: ['cancelled', 'unwatched'] },
] as const;

/** A release that is live, and whose watch asked people. */
async function promotedAndAsked({ runId, fallback }: { runId: number; fallback: 'auto' | 'notify' }) {
  const environment = `asked-${runId}`;
  const { github, project } = await scene.connect();
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const dead = await scene.open({ runId, environment, target: good, mode: 'approve' });
  const ledger = openLedger(github, dead);
  await ledger.record('promote', 'intent', bad);
  await project.promote(bad, {});
  await ledger.record('promote', 'outcome', 'promoted', bad);
  const until = Date.now() + 600_000;
  const before = { approved: 0, rejected: 0 };
  const question = formatAsked({ until, fallback, before, environment: 'production-rollback' });
  await ledger.record('approval', 'intent', 'asked', question);
  return { github, environment, good, bad, ledger };
}

for (const { runId, fallback, state, ends } of answers) {
  test(`a question whose run ended before its time is over, ${fallback}, ${state ?? 'no answer'}: ${ends.join(' ')}`, async () => {
    const { environment, good, bad } = await promotedAndAsked({ runId, fallback });
    const reviewers = 'production-rollback';
    if (state !== undefined) scene.sandbox.github?.answerRun(runId, { environment: reviewers, state, user: 'bob' });
    const { outcome } = await reconciled(environment, [runId]);
    const [finished] = outcome.finished;
    assert.deepEqual([finished?.decision, finished?.reasonCode], ends, finished?.what);
    assert.equal(scene.served(), ends[0] === 'rolled-back' ? good : bad);
    assert.equal(outcome.alarming, ends[1] === 'unwatched');
    if (state === 'rejected') assert.match(finished?.what ?? '', /after bob declined the rollback: nothing was moved/);
  });
}

for (const { runId, fallback, word, ends, says } of [
  {
    runId: 31,
    fallback: 'auto',
    word: 'declined',
    ends: ['would-roll-back', 'declined'],
    says: /was declined: nothing/,
  },
  {
    runId: 32,
    fallback: 'notify',
    word: 'unanswered',
    ends: ['would-roll-back', 'unanswered'],
    says: /nobody answered/,
  },
  { runId: 33, fallback: 'notify', word: 'approved', ends: ['rolled-back', 'job_lost'], says: /rolled back to/ },
] as const) {
  test(`a job that died between the answer ${word} in its record and the end of it: ${ends.join(' ')}`, async () => {
    const { github, environment, good, bad, ledger } = await promotedAndAsked({ runId, fallback });
    await ledger.record('approval', 'outcome', word);
    const { outcome } = await reconciled(environment, [runId]);
    const [finished] = outcome.finished;
    assert.deepEqual([finished?.decision, finished?.reasonCode], ends, finished?.what);
    assert.match(finished?.what ?? '', says);
    assert.equal(
      (await readOpenLocks(github, environment)).length,
      word === 'approved' ? 1 : 0,
      'what people left as it is stays unlocked',
    );
    assert.equal(scene.served(), word === 'approved' ? good : bad);
  });
}

test('an approval that came too late to be carried out is named', async () => {
  const runId = 34;
  const { environment, bad } = await promotedAndAsked({ runId, fallback: 'auto' });
  scene.sandbox.github?.answerRun(runId, { environment: 'production-rollback', state: 'approved', user: 'bob' });
  const { outcome } = await reconciled(environment, [runId], 2 * 3_600_000);
  const [finished] = outcome.finished;
  assert.deepEqual([finished?.decision, finished?.reasonCode], ['cancelled', 'unwatched'], finished?.what);
  assert.match(
    finished?.what ?? '',
    /although bob approved the rollback, which nobody carried out in time: nothing was/,
  );
  assert.equal(scene.served(), bad);
});

for (const { runId, action, ends, alarming } of [
  { runId: 41, action: 'propose', ends: ['would-roll-back', 'fix_forward_over'], alarming: true },
  { runId: 42, action: 'rollback', ends: ['rolled-back', 'fix_forward_over'], alarming: false },
] as const) {
  test(`the time to mend a release is over, ${action}: ${ends.join(' ')}, once`, async () => {
    const environment = `mended-${runId}`;
    const { github, project } = await scene.connect();
    const good = await scene.goLive();
    const bad = await scene.stage({});
    const handle = await scene.open({ runId, environment, target: good, mode: 'notify' });
    const ledger = openLedger(github, handle);
    await ledger.record('promote', 'intent', bad);
    await project.promote(bad, {});
    await ledger.record('promote', 'outcome', 'promoted', bad);
    await ledger.record('would-have-been', 'outcome', 'rule', 'error-rate above 1%: 1.4 %');
    const mending = { until: Date.now() + 2 * 3_600_000, after: action };
    await ledger.record(fixForwardStep, 'intent', action, formatFixForward(mending));
    await ledger.record('release', 'outcome', 'would-roll-back', 'above_limit');
    assert.deepEqual((await reconciled(environment, [], 119 * 60_000)).outcome.finished, []);
    if (action === 'propose') {
      const dying = () => Promise.reject(new Error('the runner is lost before people are told'));
      await assert.rejects(reconciled(environment, [], 121 * 60_000, dying), /the runner is lost/);
    }
    const { outcome, told } = await reconciled(environment, [], 121 * 60_000);
    const [finished] = outcome.finished;
    assert.deepEqual([finished?.decision, finished?.reasonCode], ends, finished?.what);
    assert.match(finished?.what ?? '', /time to mend it was over at .* UTC, and no newer release is live.*1\.4 %/s);
    assert.deepEqual([outcome.alarming, told.length], [alarming, 1]);
    assert.equal(scene.served(), action === 'rollback' ? good : bad);
    assert.equal((await readOpenLocks(github, environment)).length, action === 'rollback' ? 1 : 0);
    assert.deepEqual((await reconciled(environment, [], 180 * 60_000)).outcome.finished, []);
  });
}

test('a release that production has moved on from is not taken back when its time to mend is over', async () => {
  const environment = 'mended-43';
  const { github, project } = await scene.connect();
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const handle = await scene.open({ runId: 43, environment, target: good, mode: 'notify' });
  const ledger = openLedger(github, handle);
  await project.promote(bad, {});
  await ledger.record('promote', 'outcome', 'promoted', bad);
  const mending = { until: Date.now(), after: 'rollback' } as const;
  await ledger.record(fixForwardStep, 'intent', mending.after, formatFixForward(mending));
  await ledger.record('release', 'outcome', 'would-roll-back', 'above_limit');
  const byHand = await scene.goLive();
  const { outcome } = await reconciled(environment, [], 60_000);
  assert.deepEqual([outcome.finished[0]?.decision, outcome.alarming], ['superseded', false]);
  assert.equal(scene.served(), byHand);
});

for (const appOnly of [false, true]) {
  test(`a rollback by hand that died behind its lock is carried out and told, ${appOnly ? 'without' : 'with'} edge functions`, async () => {
    const environment = `by-hand-${appOnly}`;
    const { github } = await scene.connect();
    const good = await scene.goLive();
    const bad = await scene.goLive();
    await takeLock(github, {
      schemaVersion: 1,
      environment,
      production: true,
      ref: scene.commits[0] ?? '',
      key: 'hand',
      runId: 4,
      reason: 'checkout fails',
      target: { deploymentId: good },
      from: bad,
      ...(appOnly ? { appOnly } : {}),
      expiresAfterMs: 3_600_000,
    });
    const { scopes, told } = await reconciled(environment, [4]);
    assert.equal(scene.served(), good);
    assert.deepEqual([told[0]?.decision, told[0]?.closing.serving?.deploymentId], ['rolled-back', good]);
    assert.equal(scopes.length, appOnly ? 0 : 1);
  });
}

for (const later of ['another rollback', 'a promotion in the dashboard'] as const) {
  test(`a rollback by hand that died behind its lock is left where ${later} came after it`, async () => {
    const environment = `overtaken-${later.split(' ')[0]}`;
    const { github, project } = await scene.connect();
    const older = await scene.goLive();
    const good = await scene.goLive();
    const bad = await scene.goLive();
    const lock = {
      schemaVersion: 1,
      environment,
      production: true,
      ref: scene.commits[0] ?? '',
      from: bad,
      reason: 'checkout fails',
      expiresAfterMs: 3_600_000,
    } as const;
    await takeLock(github, { ...lock, key: 'first', runId: 51, target: { deploymentId: good } });
    if (later === 'another rollback') {
      await takeLock(github, { ...lock, key: 'second', runId: 52, target: { deploymentId: older } });
      await project.rollBack(older, {});
    }
    const meant = later === 'another rollback' ? older : await scene.goLive();
    const { outcome } = await reconciled(environment, [51]);
    assert.deepEqual(outcome.finished, []);
    assert.equal(outcome.locks.length, 1);
    assert.equal(scene.served(), meant);
    assert.deepEqual((await reconciled(environment, [51])).outcome.locks, [], 'said once');
    assert.equal((await readOpenLocks(github, environment)).length, 1, 'locked until somebody lifts it');
  });
}

test('a backend that a dead release deployed is named, and a person is needed: nobody here has its commands', async () => {
  const { github, project } = await scene.connect();
  const good = await scene.goLive();
  const bad = await scene.stage({});
  const dead = await scene.open({ runId: 90, environment: 'backend', target: good, version: 'v9.0.0' });
  await openLedger(github, dead).record('backend', 'intent', 'deploy', 'v9.0.0');
  await openLedger(github, dead).record('promote', 'intent', bad);
  await project.promote(bad, {});
  const { outcome } = await reconciled('backend', [90]);
  const [finished] = outcome.finished;
  assert.deepEqual([finished?.decision, outcome.alarming, scene.served()], ['rolled-back', true, good]);
  assert.match(finished?.what ?? '', /The backend may still be that of v9\.0\.0: dispatch the rollback workflow/);
});
