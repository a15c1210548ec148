import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { everything, randomOf, seed } from '../test/draw.ts';
import { type Loss, startGate, type Verdict } from '../test/gate.ts';
import { type GroupScene, type Pair, setGroupScene } from '../test/group-scene.ts';
import { hurriedClock } from '../test/hurried-clock.ts';
import { quietDependencies } from '../test/scene.ts';
import { closeLedger, settleEnvironment } from './finish-release.ts';
import { findOwn } from './ledger.ts';
import { readOpenLocks } from './lock.ts';
import { readServed } from './move-domains.ts';
import { promote } from './promote.ts';
import { reconcile } from './reconcile.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { takeBack } from './take-back.ts';
import { unlock } from './unlock.ts';

// S10 for a group: a release of two projects dies at its outgoing requests from its promotion on; then it runs again, or
// reconcile alone finishes it. Production then serves both of one release, or both of what was recorded.

/** Further requests per case, drawn from all that are no writes of the list. */
const drawn = 12;

let scene: GroupScene;
before(async () => {
  scene = await setGroupScene();
});
after(() => scene.close());

const production = { as: 'production' } as const;
/** Only waiting is quicker: what waits for seconds until nothing more can come would make this last for an hour. */
const quiet = { ...quietDependencies, clock: hurriedClock(4) };
let runs = 5_000;

type Services = Awaited<ReturnType<GroupScene['group']>>;
interface Play {
  handle: ReleaseHandle;
  target: Pair;
  pair: Pair;
}

async function stage(): Promise<Play> {
  const { github, project } = await scene.group();
  await unlock(
    { github, project },
    { environment: 'production', production: true, key: 'stage', reason: 'next case', autoAssignDefault: true },
  );
  // What the case before left: a pair that was promoted, or the first one, which no release names.
  const target = runs === 5_000 ? await scene.begin() : scene.servedPair();
  const handle = await scene.openPair({ runId: ++runs, target });
  return { handle, target, pair: await scene.stagePair(handle.key) };
}

/** Steps 6 to 10 of deploy/action.yml with their decisions; `bad` fails its checks after the promotion. */
async function play({ github, project }: Services, { handle, pair }: Play, bad: boolean): Promise<string> {
  const deps = { github, project, ...quiet };
  const own = await findOwn(github, { environment: 'production', payload: handle });
  const isTakenBack = own?.rolledBack === true || (await ownLock(github, handle)) !== undefined;
  const promoted = isTakenBack
    ? undefined
    : await promote(deps, { handle, deploymentId: pair.web, requireAncestor: false });
  const decision = promoted?.decision ?? '';
  const back = await takeBack(deps, {
    handle,
    settings: scene.groupSettings(),
    deploymentId: promoted === undefined ? '' : pair.web,
    outcomes: {
      jobStatus: bad ? 'failure' : 'success',
      promote: {
        outcome: promoted === undefined ? 'skipped' : decision === 'failed' ? 'failure' : 'success',
        decision,
      },
      health: { outcome: bad ? 'failure' : 'success' },
      smoke: { outcome: 'skipped' },
      watch: { outcome: bad ? 'skipped' : 'success', decision: bad ? '' : 'pass' },
    },
    lockExpiryMs: 3_600_000,
    promoteInstead: false,
  });
  const ended = back.act === 'roll-back' ? 'rolled-back' : decision === '' ? 'rolled-back' : 'released';
  await settleEnvironment({ github, project }, handle, { moved: true, names: [] });
  await closeLedger(github, handle, { decision: ended, reasonCode: 'test' });
  return ended;
}

/** Preflight of a later attempt finds it and skips the way forward. */
async function ownLock(github: Services['github'], { key }: ReleaseHandle) {
  return (await readOpenLocks(github, 'production')).find((lock) => lock.key === key);
}

/** The request at which a run dies, from 0: of all of them, or of those that write. */
interface Death {
  at: number;
  of: 'requests' | 'writes';
  verdict: Verdict;
}

/** How many requests the run made, and whether it died. */
async function dieAt({ at, of, verdict }: Death, act: (services: Services) => Promise<string>) {
  const { vercel, github } = scene.sandbox.description;
  const life = new AbortController();
  const made = { requests: 0, writes: 0 };
  const gate = await startGate({ vercel: vercel.apiUrl, github: github.apiUrl }, ({ method }) => {
    const isHere = made[of] === at && (of === 'requests' || method !== 'GET');
    made.requests++;
    if (method !== 'GET') made.writes++;
    if (life.signal.aborted) return 'lose-request';
    if (!isHere) return 'pass';
    life.abort();
    return verdict;
  });
  try {
    const services = await scene.group({
      vercel: gate.address('vercel'),
      github: gate.address('github'),
      signal: life.signal,
    });
    await act(services);
  } catch (error) {
    if (!life.signal.aborted) throw error;
  } finally {
    await gate.idle();
    await gate.close();
  }
  return { ...made, died: life.signal.aborted };
}

/**
 * Where a release dies: at every request on demand. Else behind each write, for nothing but writes leaves anything to a fresh
 * runner, at the first one before it is sent, and at a few requests drawn by the seed.
 */
async function* deaths(verdict: Loss, bad: boolean): AsyncGenerator<Death> {
  const given = await stage();
  const { requests, writes } = await dieAt({ at: Number.POSITIVE_INFINITY, of: 'requests', verdict }, (services) =>
    play(services, given, bad),
  );
  assert.ok(requests > 30 && writes > 5, `only ${requests} requests, ${writes} writes`);
  const random = randomOf(seed + verdict.length + Number(bad));
  const numbers = (count: number) => Array.from({ length: count }, (_, at) => at);
  const atWrites = everything ? [] : numbers(verdict === 'lose-answer' ? writes : 1);
  const atRequests = everything ? numbers(requests) : numbers(drawn).map(() => Math.floor(random() * requests));
  for (const at of atWrites) yield { at, of: 'writes', verdict };
  for (const at of atRequests) yield { at, of: 'requests', verdict };
}

/** Both of one release, and each project was sent at most one accepted rollback since `before`. */
async function proveWhole({ pair, target, handle }: Play, what: string, before: { web: number; admin: number }) {
  const served = scene.servedPair();
  assert.ok(
    [pair, target].some((one) => one.web === served.web && one.admin === served.admin),
    `${what}: I1 ${JSON.stringify({ served, pair, target })}`,
  );
  const { project, github } = await scene.group();
  const seen = await readServed(project, production);
  assert.deepEqual([seen.deploymentId, seen.mixed], [served.web, false], what);
  const sent = scene.accepted('rollback');
  assert.ok(sent.web - before.web <= 1 && sent.admin - before.admin <= 1, `${what}: one rollback per project`);
  const locked = (await ownLock(github, handle)) !== undefined;
  assert.equal(locked, served.web === target.web && sent.web > before.web, `${what}: I4`);
  const switches = [scene.sandbox.vercel.project.autoAssignCustomDomains, scene.admin.autoAssignCustomDomains];
  assert.deepEqual(switches, [!locked, !locked], `${what}: I5`);
  const record = await findOwn(github, { environment: 'production', payload: handle });
  assert.notEqual(record?.decision, undefined, `${what}: I3`);
  return served;
}

for (const verdict of ['lose-request', 'lose-answer'] as const) {
  // Up to its verdict a good release is the same, and reconcile knows of none.
  for (const bad of verdict === 'lose-answer' ? [false, true] : [true]) {
    const kind = `A ${bad ? 'bad' : 'good'} release of two projects that dies at any request (${verdict})`;

    test(`${kind} is brought to its end by its next attempt`, async () => {
      for await (const death of deaths(verdict, bad)) {
        const what = `${verdict} ${death.at} of ${death.of}`;
        const given = await stage();
        const before = scene.accepted('rollback');
        const { died } = await dieAt(death, (services) => play(services, given, bad));
        // How often a state is read differs between runs; what is written does not.
        assert.ok(died || death.of === 'requests', `${what} was never made`);
        await play(await scene.group(), given, bad);
        const served = await proveWhole(given, what, before);
        assert.equal(served.web, bad ? given.target.web : given.pair.web, what);
      }
    });

    if (bad)
      test(`${kind} is brought to its end by reconcile alone`, async () => {
        for await (const death of deaths(verdict, bad)) {
          const what = `${verdict} ${death.at} of ${death.of}`;
          const given = await stage();
          const before = scene.accepted('rollback');
          await dieAt(death, (services) => play(services, given, bad));
          const { repository } = scene.sandbox.description.github;
          const settings = scene.groupSettings();
          const finish = async () =>
            reconcile(
              { ...(await scene.group()), ...quiet },
              { settings, repository, endedRuns: [given.handle.runId] },
            );
          await finish();
          await proveWhole(given, what, before);
          const again = await finish();
          assert.deepEqual([again.finished, again.locks], [[], []], `${what}: nothing is left to do`);
        }
      });
  }
}
