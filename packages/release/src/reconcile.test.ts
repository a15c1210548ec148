import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { formatAsked } from './asked.ts';
import type { Finished } from './finished.ts';
import { openLedger } from './ledger.ts';
import { takeLock } from './lock.ts';
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

async function reconciled(environment: string, endedRuns: number[]) {
  const scopes: FunctionsScope[] = [];
  const told: Finished[] = [];
  const outcome = await reconcile(
    {
      ...(await scene.connect()),
      ...quietDependencies,
      functions: async (scope) => {
        scopes.push(
          'target' in scope ? { environment: scope.environment, target: scope.target } : { ledgerId: scope.ledgerId },
        );
        return restored;
      },
      tell: async (finished) => void told.push(finished),
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
  const { outcome } = await reconciled(environment, [77]);
  assert.deepEqual(
    outcome.finished.map(({ decision }) => decision),
    ['rolled-back'],
  );
  assert.equal(scene.served(), good);
  assert.deepEqual((await reconciled(environment, [77])).outcome.finished, []);
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

for (const { runId, fallback, state, ends } of answers) {
  test(`a question whose run ended before its time is over, ${fallback}, ${state ?? 'no answer'}: ${ends.join(' ')}`, async () => {
    const [environment, reviewers] = [`asked-${runId}`, 'production-rollback'];
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
    const question = formatAsked({ until, fallback, before, environment: reviewers });
    await ledger.record('approval', 'intent', 'asked', question);
    if (state !== undefined) scene.sandbox.github?.answerRun(runId, { environment: reviewers, state, user: 'bob' });
    const { outcome } = await reconciled(environment, [runId]);
    const [finished] = outcome.finished;
    assert.deepEqual([finished?.decision, finished?.reasonCode], ends, finished?.what);
    assert.equal(scene.served(), ends[0] === 'rolled-back' ? good : bad);
    assert.equal(outcome.alarming, ends[1] === 'unwatched');
    if (state === 'rejected') assert.match(finished?.what ?? '', /after bob declined the rollback: nothing was moved/);
  });
}

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
