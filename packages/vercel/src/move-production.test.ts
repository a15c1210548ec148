import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { SimulatedClock } from '../../observe/test/simulated-clock.ts';
import { LocalVercel } from '../test/local-vercel.ts';
import { openVercelProject } from './project.ts';

let vercel: LocalVercel;
let clock: SimulatedClock;
beforeEach(async () => {
  vercel = await LocalVercel.start();
  clock = new SimulatedClock();
});
afterEach(() => vercel.close());
/** A project whose waits take no time, however slow its requests are. */
const open = () => openVercelProject(vercel.connection({ clock }));
const quick = { deadlineMs: 15_000, pollMs: 250 };

test('a promotion is one request and ends when every domain is served by the target', async () => {
  const project = await openVercelProject(vercel.connection());
  const moved = await project.promote('dpl_new', quick);
  assert.equal(moved.outcome, 'moved');
  assert.equal(moved.requests, 1);
  assert.deepEqual(
    vercel.accepted.map(({ target }) => target),
    ['dpl_new'],
  );
  assert.ok((moved.settledAt ?? 0) >= moved.requestedAt);
  assert.deepEqual(Object.values(vercel.domains), ['dpl_new', 'dpl_new']);
});

test('what is current already is not sent again', async () => {
  const project = await open();
  const moved = await project.rollBack('dpl_old', quick);
  assert.deepEqual([moved.outcome, moved.requests], ['already-current', 0]);
  assert.deepEqual(vercel.posts(), []);
});

for (const afterEffect of ['cut', 'black-hole'] as const) {
  test(`an answer lost after the effect (${afterEffect}) is found in the project, not sent again`, {
    timeout: 30_000,
  }, async () => {
    vercel.faults.push({ method: 'POST', route: /rollback/, afterEffect });
    const project = await open();
    const moved = await project.rollBack('dpl_new', { ...quick, answerMs: 1_500 });
    assert.deepEqual([moved.outcome, moved.requests, vercel.accepted.length], ['moved', 1, 1]);
  });
}

test('an answer lost after the effect is not sent again while the project cannot be read', async () => {
  vercel.faults.push({ method: 'POST', route: /rollback/, afterEffect: 'cut' });
  vercel.routes.push({
    method: 'POST',
    route: /rollback/,
    answer() {
      const { status, json } = vercel.move('rollback', 'dpl_new');
      // Blind from the effect on for six looks, four attempts each: longer than it takes until a request without an answer is repeated.
      if (vercel.accepted.length === 1) vercel.faults.push({ method: 'GET', route: /./, status: 500, times: 24 });
      return { status, json };
    },
  });
  const moved = await (await open()).rollBack('dpl_new', { pollMs: 1_000, deadlineMs: 40_000 });
  assert.deepEqual([moved.outcome, moved.requests, vercel.accepted.length], ['moved', 1, 1]);
});

test('a request that never arrived is sent again although nobody says whom the domains serve', async () => {
  const blind = { method: 'GET', route: /v4\/aliases/, status: 500, times: Number.POSITIVE_INFINITY };
  let arrived = 0;
  vercel.routes.push({
    method: 'POST',
    route: /rollback/,
    answer() {
      arrived += 1;
      if (arrived > 1) vercel.faults.splice(vercel.faults.indexOf(blind), 1);
      else vercel.faults.push(blind);
      const { status, json = {} } = arrived > 1 ? vercel.move('rollback', 'dpl_new') : { status: 502 };
      return { status, json };
    },
  });
  const moved = await (await open()).rollBack('dpl_new', { pollMs: 1_000, deadlineMs: 40_000 });
  assert.deepEqual([moved.outcome, moved.requests, vercel.accepted.length], ['moved', 1, 1]);
});

test('a request that never arrived is sent again after the caller was asked', async () => {
  vercel.faults.push({ method: 'POST', route: /promote/, status: 502 });
  let asked = 0;
  const project = await open();
  const moved = await project.promote('dpl_new', {
    ...quick,
    async beforeRepeat() {
      asked += 1;
    },
  });
  assert.deepEqual([moved.outcome, moved.requests, vercel.accepted.length, asked], ['moved', 1, 1, 1]);
});

test('what beforeRepeat throws ends the move before anything is sent again', async () => {
  vercel.faults.push({ method: 'POST', route: /promote/, status: 500 });
  const project = await open();
  const repeat = { ...quick, beforeRepeat: () => Promise.reject(new Error('locked meanwhile')) };
  await assert.rejects(project.promote('dpl_new', repeat), /locked meanwhile/);
  assert.equal(vercel.accepted.length, 0);
});

test('429 waits as Retry-After says, then succeeds with one accepted request', async () => {
  vercel.faults.push({ method: 'POST', route: /promote/, status: 429, headers: { 'retry-after': '1' } });
  const project = await open();
  const from = clock.now();
  const moved = await project.promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.requests, vercel.accepted.length], ['moved', 1, 1]);
  assert.ok(clock.now() - from >= 1_000);
});

test('429 with a wait beyond the deadline ends at once and says so', async () => {
  vercel.faults.push({ method: 'POST', route: /promote/, status: 429, headers: { 'retry-after': '600' } });
  const moved = await (await open()).promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode, moved.requests], ['failed', 'vercel_rate_limited', 0]);
  assert.match(moved.message, /600 s does not fit/);
});

test('409 is success only when the domains are on the target', async () => {
  vercel.faults.push({ method: 'POST', route: /promote/, status: 409, times: 9 });
  const moved = await (await open()).promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode, moved.requests], ['failed', 'move_conflict', 0]);
  assert.match(moved.message, /app\.example\.com is served by dpl_old/);
});

test("a 409 because of somebody else's move in progress waits for its end, then sends again", async () => {
  const project = await open();
  vercel.add({ id: 'dpl_other', readyState: 'READY' });
  vercel.settleAfter = 4;
  vercel.move('promote', 'dpl_other');
  vercel.faults.push({ method: 'POST', route: /rollback/, status: 409 });
  const moved = await project.rollBack('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.requests], ['moved', 1]);
  assert.deepEqual(
    vercel.accepted.map(({ target }) => target),
    ['dpl_other', 'dpl_new'],
  );
});

test('the same move that somebody else has sent before is waited for, not sent again', async () => {
  const project = await open();
  vercel.settleAfter = 3;
  vercel.move('rollback', 'dpl_new');
  const from = clock.now();
  const moved = await project.rollBack('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.requests, vercel.posts()], ['already-current', 0, []]);
  assert.ok(clock.now() > from);
});

test('202 is watched: the rolling release lets it go, then the domains prove it', async () => {
  vercel.rollingRelease = { state: 'ACTIVE', queuedDeploymentId: 'dpl_new' };
  vercel.routes.push({ method: 'POST', route: /promote/, answer: () => ({ status: 202, json: undefined }) });
  const project = await open();
  vercel.afterReads(3, /rolling-release$/, () => {
    vercel.rollingRelease = null;
    for (const host of Object.keys(vercel.domains)) vercel.domains[host] = 'dpl_new';
  });
  const moved = await project.promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.requests], ['moved', 1]);
});

test('202 that stays queued is not done and names the rolling release', async () => {
  vercel.rollingRelease = { state: 'ACTIVE', queuedDeploymentId: 'dpl_new' };
  vercel.routes.push({ method: 'POST', route: /promote/, answer: () => ({ status: 202, json: undefined }) });
  const moved = await (await open()).promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode, moved.requests], ['queued', 'queued_behind_rolling_release', 1]);
});

test('402 says what Hobby allows', async () => {
  vercel.faults.push({ method: 'POST', route: /rollback/, status: 402 });
  const moved = await (await open()).rollBack('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode, moved.requests], ['failed', 'vercel_plan', 0]);
  assert.match(moved.message, /Hobby/);
});

test('an alias that never assigns ends at the deadline and names the domain', async () => {
  vercel.stuck.add('www.example.com');
  const moved = await (await open()).promote('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode, moved.requests], ['failed', 'domains_not_moved', 1]);
  assert.match(moved.message, /www\.example\.com is served by dpl_old/);
});

test('success without proof is not success: a finished request whose domains did not move', async () => {
  vercel.stuck = new Set(Object.keys(vercel.domains));
  const moved = await (await open()).rollBack('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode], ['failed', 'domains_not_moved']);
});

test('a black hole ends within the deadline', { timeout: 20_000 }, async () => {
  const project = await openVercelProject(vercel.connection());
  vercel.faults.push({ method: 'POST', route: /promote/, blackHole: true, times: 99 });
  const from = Date.now();
  const moved = await project.promote('dpl_new', { ...quick, deadlineMs: 3_000 });
  assert.deepEqual([moved.outcome, moved.reasonCode, vercel.accepted.length], ['failed', 'move_unanswered', 0]);
  assert.ok(Date.now() - from < 12_000);
});

test("somebody else's later move is not taken for ours", async () => {
  vercel.settleAfter = Number.POSITIVE_INFINITY;
  vercel.add({ id: 'dpl_other', readyState: 'READY' });
  const project = await open();
  vercel.afterReads(3, /^\/v9\/projects\/prj_local$/, () => vercel.move('promote', 'dpl_other'));
  const moved = await project.rollBack('dpl_new', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode], ['failed', 'overtaken']);
  assert.match(moved.message, /promote \(to dpl_other\)/);
});

test('a deleted target is refused before anything is sent', async () => {
  const moved = await (await open()).rollBack('dpl_gone', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode], ['failed', 'target_gone']);
  assert.deepEqual(vercel.posts(), []);
});

test('a preview is never promoted: it would be rebuilt under a new id', async () => {
  vercel.add({ id: 'dpl_preview', readyState: 'READY', target: null });
  const moved = await (await open()).promote('dpl_preview', quick);
  assert.deepEqual([moved.outcome, moved.reasonCode], ['failed', 'not_a_production_deployment']);
  assert.deepEqual(vercel.posts(), []);
});

test('a promotion fails closed when auto-assign cannot be read; a rollback is the way back and goes on', async () => {
  vercel.project = {};
  const project = await open();
  const promoted = await project.promote('dpl_new', quick);
  assert.deepEqual([promoted.outcome, promoted.reasonCode], ['failed', 'auto_assign_unknown']);
  assert.deepEqual(vercel.posts(), []);
  assert.equal((await project.rollBack('dpl_new', quick)).outcome, 'moved');
});

test('a staging environment can never send a promotion or a rollback', async () => {
  for (const as of ['alias', 'custom-environment'] as const) {
    const project = await openVercelProject(vercel.connection({ as }));
    assert.equal((await project.promote('dpl_new', quick)).reasonCode, 'not_production');
    assert.equal((await project.rollBack('dpl_new', quick)).reasonCode, 'not_production');
  }
  assert.deepEqual(vercel.posts(), []);
});

test('an abort ends the move with the reason of the abort', async () => {
  vercel.settleAfter = Number.POSITIVE_INFINITY;
  const cancelled = new AbortController();
  const project = await openVercelProject(vercel.connection({ clock, signal: cancelled.signal }));
  vercel.afterReads(3, /^\/v9\/projects\/prj_local$/, () => cancelled.abort(new Error('the run was cancelled')));
  await assert.rejects(project.promote('dpl_new', quick), /the run was cancelled/);
});
