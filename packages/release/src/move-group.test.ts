import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MoveOutcome, VercelProject } from '#vercel/project';
import { VercelError } from '#vercel/vercel-error';
import { type GroupPart, moveInTurn, moveTogether } from './move-group.ts';

// The moves are given; no project is asked for anything else.
const project = {} as VercelProject;
const parts: GroupPart[] = ['web', 'admin', 'docs'].map((app) => ({ app, project, deploymentId: `dpl_${app}` }));

const moved = (more: Partial<MoveOutcome> = {}): MoveOutcome => ({
  outcome: 'moved',
  reasonCode: 'promoted',
  message: 'moved.',
  requestedAt: 10,
  settledAt: 20,
  requests: 1,
  ...more,
});
const refused = moved({ outcome: 'failed', reasonCode: 'vercel_plan', message: 'the plan says no.', requests: 0 });

/** What each app answers; those left out must not be asked. */
function answers(given: Record<string, MoveOutcome | Error>) {
  const asked: string[] = [];
  const move = async ({ app }: GroupPart) => {
    asked.push(app);
    const answer = given[app];
    if (answer === undefined) throw new Error(`${app} was asked`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, move };
}

test('all that moved are one move: the last to settle counts, and requests are summed', async () => {
  const { move } = answers({ web: moved(), admin: moved({ settledAt: 30, requestedAt: 15 }), docs: moved() });
  const outcome = await moveInTurn(parts, move, {});
  assert.deepEqual(
    [outcome.outcome, outcome.reasonCode, outcome.requestedAt, outcome.settledAt, outcome.requests],
    ['moved', 'promoted', 10, 30, 3],
  );
  assert.equal(outcome.message, 'web: moved to dpl_web; admin: moved to dpl_admin; docs: moved to dpl_docs.');
});

test('where each was there already nothing moved', async () => {
  const there = moved({ outcome: 'already-current', reasonCode: 'already_current', requests: 0 });
  const outcome = await moveTogether(parts, answers({ web: there, admin: there, docs: there }).move);
  assert.deepEqual([outcome.outcome, outcome.reasonCode, outcome.requests], ['already-current', 'already_current', 0]);
  const half = await moveTogether(parts, answers({ web: there, admin: moved(), docs: there }).move);
  assert.deepEqual([half.outcome, half.reasonCode, half.requests], ['moved', 'promoted', 1]);
});

test('forward, the first that is not there stops the others, and each is told by name', async () => {
  const { asked, move } = answers({ web: moved(), admin: refused });
  const outcome = await moveInTurn(parts, move, {});
  assert.deepEqual(asked, ['web', 'admin']);
  assert.deepEqual([outcome.outcome, outcome.reasonCode, outcome.requests], ['failed', 'vercel_plan', 1]);
  assert.equal(
    outcome.message,
    'web: moved to dpl_web; admin: NOT on dpl_admin: the plan says no; docs: not asked to move.',
  );
  assert.deepEqual(
    outcome.apps?.map(({ app, outcome: one }) => `${app} ${one}`),
    ['web moved', 'admin failed'],
  );
  const queued = moved({ outcome: 'queued', reasonCode: 'queued_behind_rolling_release' });
  assert.equal((await moveInTurn(parts, answers({ web: queued }).move, {})).outcome, 'failed');
});

test('the lock is looked at before each further project, and ends the move there', async () => {
  let looks = 0;
  const { asked, move } = answers({ web: moved(), admin: moved() });
  const beforeRepeat = async () => {
    looks += 1;
    if (looks === 2) throw new Error('locked meanwhile');
  };
  await assert.rejects(moveInTurn(parts, move, { beforeRepeat }), /locked meanwhile/);
  assert.deepEqual(asked, ['web', 'admin']);
});

test('back, one refusal keeps none of the others from moving; an abort ends all', async () => {
  const error = new VercelError('vercel_unreachable', 'Vercel does not answer.');
  const { asked, move } = answers({ web: moved(), admin: error, docs: moved() });
  const outcome = await moveTogether(parts, move);
  assert.deepEqual(asked, ['web', 'admin', 'docs']);
  assert.deepEqual([outcome.outcome, outcome.reasonCode, outcome.requests], ['failed', 'vercel_unreachable', 2]);
  assert.match(outcome.message, /admin: NOT on dpl_admin: Vercel does not answer; docs: moved/);
  const aborted = answers({ web: moved(), admin: new DOMException('stopped', 'AbortError'), docs: moved() });
  await assert.rejects(moveTogether(parts, aborted.move), /stopped/);
});
