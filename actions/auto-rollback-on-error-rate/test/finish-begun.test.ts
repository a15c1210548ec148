import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { reconcile } from '#release/reconcile';
import { formatRollbackNote } from '#release/rollback-note';
import {
  current,
  environment,
  goLiveTwice,
  previous,
  readProtection,
  runId,
  scene,
} from '../../../packages/release/test/crash-stage.ts';
import { quietDependencies } from '../../../packages/release/test/scene.ts';
import { acceptedRollbacks, alive, countFromHere, endStage, startStage, users, watchAction } from './watch-stage.ts';

// A run that died in its way back is started again while GitHub is silent.

before(startStage);
after(endStage);
beforeEach(async () => {
  await goLiveTwice();
  countFromHere();
});

const keyOf = (run: number) => `${scene.sandbox.repositoryId}:${environment}:${run}`;

/** What the attempt that died had asked of Vercel. */
async function movedBy(key: string): Promise<void> {
  const { project } = await scene.connect();
  const reason = 'error-rate above 10%: 50 %';
  await project.rollBack(previous, { description: formatRollbackNote({ key, reason }) });
}

async function secondAttempt() {
  scene.sandbox.faults.order({ service: 'github', route: '/', times: 100_000, fault: { status: 503 } });
  try {
    return await watchAction(alive(), { attempt: 2 });
  } finally {
    scene.sandbox.faults.clear();
  }
}

test('what it had moved is known by the note on Vercel: nothing is judged or sent again, what was restored is watched', async () => {
  await movedBy(keyOf(runId));
  // Whoever judged anew would find what serves now sick.
  users.sick = previous;
  const { decision, reasonCode, summary, failed } = await secondAttempt();
  assert.deepEqual([decision, reasonCode, failed], ['rolled-back', 'unfinished_rollback', true], summary);
  assert.match(
    summary,
    /^An earlier attempt of this run saw: error-rate above 10%: 50 %\. \S+ serves dpl_\w+: that attempt had moved .* stay as they are: .* Watched after it: /,
  );
  assert.deepEqual([scene.served(), acceptedRollbacks()], [previous, 1]);
  const services = await scene.connect();
  const { repository } = services.github;
  const request = { settings: scene.settings({ environment }), repository, endedRuns: [runId] };
  await reconcile(
    { ...services, ...quietDependencies },
    { ...request, repositoryId: String(scene.sandbox.repositoryId) },
  );
  assert.equal((await readProtection()).locked, true, 'reconcile wrote down what was missing');
});

test('without its own note nobody knows: red, nothing is judged or moved, and the last words are the command', async () => {
  users.sick = current;
  for (const own of [false, true]) {
    if (own) await movedBy(keyOf(runId + 1_000_000));
    const served = scene.served();
    countFromHere();
    const { decision, reasonCode, summary, failed, outputs } = await secondAttempt();
    assert.deepEqual([decision, reasonCode, failed], ['rollback-failed', 'github_unreachable', true], summary);
    assert.match(summary, new RegExp(`Next, at once: .* rollback --environment ${environment}$`));
    assert.deepEqual([scene.served(), acceptedRollbacks(), outputs?.verdict], [served, 0, 'no-data']);
  }
});
