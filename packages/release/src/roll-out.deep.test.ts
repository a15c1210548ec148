import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { parseRule } from '#config/rules';
import { systemClock } from '#http/clock';
import { OwnRequests } from '#observe/own-requests';
import { vercelRuntimeLogs } from '#observe/sources/vercel-runtime-logs';
import { watchArms } from '#observe/watch-arms';
import { startUsers } from '../../../test/scenarios/people.ts';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { chooseRollbackTarget } from './choose-rollback-target.ts';
import { openLedger } from './ledger.ts';
import { readOpenLocks, takeLock } from './lock.ts';
import { promote } from './promote.ts';
import { readHistory, readRecentReleases } from './read-environment.ts';
import { readServing } from './read-serving.ts';
import { type ByHandRequest, rollBackByHand } from './roll-back-by-hand.ts';
import { rollOut } from './roll-out.ts';
import { takeBack } from './take-back.ts';

const good = 'export function GET() { return Response.json({ ok: true }); }\n';
/** Every third answer fails. */
const bad = `let count = 0;
export function GET() { return Response.json({}, { status: ++count % 3 === 0 ? 500 : 200 }); }
`;
let scene: Scene;
let live: string;
let runId = 100;
before(async () => {
  scene = await setScene();
  const { project } = scene.sandbox.vercel;
  live = await scene.goLive({}, { 'api/ping.js': good });
  project.rollingReleaseConfig = { stages: [20, 50, 100] };
});
after(() => scene.close());
beforeEach(() => {
  runId += 1;
});

/** A release up to its first stage, and what leads it through the others while users come. */
async function begin(source: string) {
  const services = { ...(await scene.connect()), ...quietDependencies };
  const deploymentId = await scene.stage({}, 'production', { 'api/ping.js': source });
  const handle = await scene.open({ runId, version: `v1.${runId}.0`, target: live });
  const first = await promote(services, { handle, deploymentId, requireAncestor: false });
  assert.deepEqual([first.decision, first.reasonCode], ['rolling', 'rolling_release_started'], first.message);
  assert.equal(scene.served(), live);
  const { apiUrl, token, teamId, projectId } = scene.sandbox.description.vercel;
  const connection = { apiUrl, token, team: teamId, project: projectId };
  const arm = (id: string) =>
    vercelRuntimeLogs({ connection, deploymentId: id, own: new OwnRequests(), clock: systemClock });
  const shares: number[] = [];
  const lead = () =>
    rollOut(services, { handle, deploymentId }, async ({ percentage }) => {
      shares.push(percentage);
      return await watchArms({
        stable: arm(live),
        canary: arm(deploymentId),
        rules: [parseRule('error-rate above 10%: immediately')],
        windowMs: 6_000,
        intervalMs: 1_000,
        minRequests: 10,
        superseded: async () => undefined,
        clock: systemClock,
        signal: new AbortController().signal,
        log: () => {},
      });
    });
  return { services, deploymentId, handle, lead, shares };
}

const users = () => startUsers(`${scene.sandbox.description.vercel.domains[0]}/api/ping`, 120);
const moves = () =>
  scene.sandbox.requests().filter(({ method, path }) => method === 'POST' && /\/rollback\//.test(path));
const seen = { outcome: 'failure', decision: 'failed' } as const;
const unheard = { outcome: '', decision: '' } as const;
const byHand = (more: Partial<ByHandRequest> = {}): ByHandRequest => ({
  settings: scene.settings(),
  key: `by-hand-${runId}`,
  runId: 9,
  commit: scene.commits.at(-1) ?? '',
  target: 'previous',
  reason: 'not today',
  dryRun: false,
  lockExpiryMs: 60_000,
  promoteInstead: false,
  ...more,
});

async function unlock() {
  const { github } = await scene.connect();
  for (const { id } of await readOpenLocks(github, 'production'))
    await github.createStatus(id, {
      state: 'inactive',
      description: 'ops:lock:outcome:released',
      autoInactive: false,
    });
}

test('A bad canary is seen beside what serves the others, aborted by one rollback, and the domains never left', async () => {
  const { services, deploymentId, handle, lead, shares } = await begin(bad);
  const visits = users();
  const led = await lead().finally(() => visits.stop());
  assert.deepEqual([led.decision, led.reasonCode], ['failed', 'stage_failed'], led.message);
  assert.match(
    led.message,
    /At 20 %: new: [1-9]\d\.\d % of \d+ requests failed; beside it, before: 0\.0 % of \d+ requests failed/,
  );
  assert.deepEqual(shares, [20], 'no further share of the visitors got it');
  assert.equal(await readServing(services, handle, deploymentId), 'rolling');
  const back = await takeBack(services, {
    handle,
    deploymentId,
    outcomes: { jobStatus: 'failure', promote: seen, health: unheard, smoke: unheard, watch: unheard },
    settings: scene.settings(),
    lockExpiryMs: 60_000,
    promoteInstead: false,
  });
  assert.ok(back.act === 'roll-back', JSON.stringify(back));
  assert.deepEqual([back.reasonCode, back.rollback.decision], ['stage_failed', 'rolled-back'], back.rollback.message);
  assert.equal(moves().length, 1);
  assert.equal(scene.served(), live);
  assert.equal((await services.project.rolling.read())?.state, 'ABORTED');
  const [lock] = await readOpenLocks(services.github, 'production');
  assert.equal(lock?.target?.deploymentId, live, 'locked, as after any rollback');
  await unlock();
});

test('A good canary is approved stage by stage and brings the domains; a person’s "previous" means what serves the others', async () => {
  const { services, deploymentId, handle, lead, shares } = await begin(good);
  const sent = moves().length;
  const visits = users();
  const led = await lead().finally(() => visits.stop());
  assert.deepEqual([led.decision, led.reasonCode], ['promoted', 'promoted'], led.message);
  assert.deepEqual(shares, [20, 50, 100].slice(0, shares.length));
  assert.ok(shares.includes(50));
  assert.equal(scene.served(), deploymentId);
  assert.equal((await services.project.rolling.read())?.state, 'COMPLETE');
  assert.equal(moves().length, sent);
  live = deploymentId;
  await openLedger(services.github, handle).record('release', 'outcome', 'released');

  runId += 1;
  const next = await begin(good);
  const planned = await rollBackByHand(next.services, byHand({ dryRun: true }));
  assert.ok(planned.decision === 'planned', JSON.stringify(planned));
  assert.deepEqual([planned.from, planned.target.deploymentId], [next.deploymentId, live]);
  const aborted = await rollBackByHand(next.services, byHand());
  assert.ok(aborted.decision === 'rolled-back' && 'left' in aborted, JSON.stringify(aborted));
  assert.equal(aborted.left, next.handle.version);
  const { github, project } = next.services;
  assert.deepEqual(
    (await readOpenLocks(github, 'production')).map(({ from, target }) => [from, target?.deploymentId]),
    [[next.deploymentId, live]],
  );
  const releases = await readRecentReleases(github, 'production');
  const isTakenBack = (id: string) => releases.find((release) => release.deploymentId === id)?.rolledBack;
  assert.deepEqual(
    [isTakenBack(live), isTakenBack(next.deploymentId)],
    [false, true],
    'the canary left, not the other',
  );
  const history = await readHistory(project, scene.settings(), releases);
  assert.equal(chooseRollbackTarget(history, { key: 'the next release' }).target?.deploymentId, live);
  assert.equal(scene.served(), live);
  assert.equal((await next.services.project.rolling.read())?.state, 'ABORTED');
  assert.deepEqual([(await next.lead()).decision], ['superseded'], 'whoever leads it gives way to the lock');
});

test('An abort that failed behind its lock is sent again by the next "previous"', async () => {
  await unlock();
  const { services, deploymentId, handle } = await begin(good);
  await takeLock(services.github, {
    schemaVersion: 1,
    environment: 'production',
    production: true,
    ref: handle.commit,
    key: 'the first person',
    reason: 'not today',
    target: { deploymentId: live },
    from: deploymentId,
    expiresAfterMs: 60_000,
  });
  const aborted = await rollBackByHand(services, byHand());
  assert.equal(aborted.decision, 'rolled-back', JSON.stringify(aborted));
  assert.equal((await services.project.rolling.read())?.state, 'ABORTED');
  assert.equal(scene.served(), live);
});
