import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { parseRule } from '#config/rules';
import { systemClock } from '#http/clock';
import { OwnRequests } from '#observe/own-requests';
import { vercelRuntimeLogs } from '#observe/sources/vercel-runtime-logs';
import { watchArms } from '#observe/watch-arms';
import { startUsers } from '../../../test/scenarios/people.ts';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { readOpenLocks } from './lock.ts';
import { promote } from './promote.ts';
import { readServing } from './read-serving.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
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
        rules: [parseRule('error-rate above 5%: immediately')],
        windowMs: 3_000,
        intervalMs: 500,
        minRequests: 20,
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
  await services.github.createStatus(lock?.id ?? 0, {
    state: 'inactive',
    description: 'ops:lock:outcome:released',
    autoInactive: false,
  });
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

  runId += 1;
  const next = await begin(good);
  const aborted = await rollBackByHand(next.services, {
    settings: scene.settings(),
    key: 'by-hand',
    runId: 9,
    commit: handle.commit,
    target: 'previous',
    reason: 'not today',
    dryRun: false,
    lockExpiryMs: 60_000,
    promoteInstead: false,
  });
  assert.equal(aborted.decision, 'rolled-back', JSON.stringify(aborted));
  assert.equal(scene.served(), live);
  assert.equal((await next.services.project.rolling.read())?.state, 'ABORTED');
  assert.deepEqual([(await next.lead()).decision], ['superseded'], 'whoever leads it gives way to the lock');
});
