import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { VercelProject } from '#vercel/project';
import { everything, randomOf, seed } from '../test/draw.ts';
import { type Passage, startGate, type Verdict } from '../test/gate.ts';
import { type GroupScene, type Pair, setGroupScene } from '../test/group-scene.ts';
import { hurriedClock } from '../test/hurried-clock.ts';
import { quietDependencies } from '../test/scene.ts';
import { readServed } from './move-domains.ts';
import { promote } from './promote.ts';
import type { ReleaseHandle } from './release-handle.ts';
import { rollBackByHand } from './roll-back-by-hand.ts';
import { unlock } from './unlock.ts';

// A promotion and a rollback of two projects, while somebody else moves or deletes in one of them, in the dashboard, at any of
// their requests. Both end on what was asked for, or the outcome is red and names the project and the next command. What happens
// behind the last look at a project shows as `mixed` to whoever looks next.

/** Requests per case that are drawn beside all that move domains. */
const drawn = 2;

let scene: GroupScene;
before(async () => {
  scene = await setGroupScene();
});
after(() => scene.close());

/** Only waiting is quicker. */
const quiet = { ...quietDependencies, clock: hurriedClock(4) };
let runs = 9_000;

type App = 'web' | 'admin';
type Deed = 'promotes' | 'rolls back' | 'deletes';
/** What is done to both, and where it is to end. */
type Work = 'promotion' | 'rollback';

interface Play {
  handle: ReleaseHandle;
  /** Served before the release. */
  target: Pair;
  pair: Pair;
  /** Was in production before `target`. */
  older: Pair;
}

interface Ending {
  good: boolean;
  message: string;
}

/** A pair of one release that is served. */
async function live(key: string): Promise<Pair> {
  const { project } = await scene.group();
  const pair = await scene.stagePair(key);
  await project.promote(pair.web, { apps: { admin: pair.admin } });
  await project.setAutoAssign(true);
  return pair;
}

async function stage(work: Work): Promise<Play> {
  const { github, project } = await scene.group();
  const older = await live(`older-${runs}`);
  const target = await live(`target-${runs}`);
  const handle = await scene.openPair({ runId: ++runs, target });
  const pair = await scene.stagePair(handle.key);
  if (work === 'rollback')
    await promote({ github, project, ...quiet }, { handle, deploymentId: pair.web, requireAncestor: false });
  return { handle, target, pair, older };
}

async function clean(): Promise<void> {
  const lift = {
    environment: 'production',
    production: true,
    key: 'stage',
    reason: 'next case',
    autoAssignDefault: true,
  };
  await unlock(await scene.group(), lift);
}

async function act(work: Work, { handle, pair, target }: Play, vercel: string, github: string): Promise<Ending> {
  const services = await scene.group({ vercel, github });
  if (work === 'promotion') {
    const outcome = await promote(
      { ...services, ...quiet },
      { handle, deploymentId: pair.web, requireAncestor: false },
    );
    return {
      good: outcome.decision === 'promoted' || outcome.decision === 'already-current',
      message: outcome.message,
    };
  }
  const outcome = await rollBackByHand(
    { ...services, ...quiet },
    {
      settings: scene.groupSettings(),
      key: `hand-${++runs}`,
      runId: runs,
      commit: scene.commits.at(-1) ?? '',
      target: target.web,
      reason: 'broken',
      dryRun: false,
      lockExpiryMs: 3_600_000,
      promoteInstead: false,
    },
  );
  const message = 'rollback' in outcome ? outcome.rollback.message : outcome.message;
  return { good: outcome.decision === 'rolled-back' || outcome.decision === 'already-current', message };
}

/** Somebody in the dashboard of one project; what Vercel refuses them is theirs. */
async function interfere(deed: Deed, app: App, work: Work, play: Play): Promise<void> {
  const { alone } = await scene.group();
  const project: VercelProject = alone[app];
  const gone = work === 'promotion' ? play.pair[app] : play.target[app];
  try {
    if (deed === 'deletes') scene.sandbox.vercel.remove(gone);
    else if (deed === 'promotes') await project.promote(play.older[app], {});
    else await project.rollBack(play.older[app], {});
  } catch (error) {
    assert.equal((error as Error).name, 'VercelError');
  }
}

/** Which requests are interesting: those that write to Vercel, and those right before and after. */
function boundaries(passages: readonly Passage[], random: () => number): number[] {
  if (everything) return passages.map(({ index }) => index);
  const moves = passages.filter(({ service, method }) => service === 'vercel' && method === 'POST');
  const near = moves.flatMap(({ index }) => [index, index + 1]);
  const some = Array.from({ length: drawn }, () => Math.floor(random() * passages.length));
  return [...new Set([0, ...near, passages.length - 1, ...some])].filter((at) => at < passages.length);
}

for (const work of ['promotion', 'rollback'] as const) {
  for (const app of ['web', 'admin'] as const) {
    for (const deed of ['promotes', 'rolls back', 'deletes'] as const) {
      test(`a ${work} of two projects while somebody ${deed} in ${app} at any request ends together, or names what did not`, async () => {
        const { vercel, github } = scene.sandbox.description;
        const random = randomOf(seed + work.length + app.length + deed.length);
        const run = async (at: number) => {
          const play = await stage(work);
          const before = scene.accepted('rollback');
          let interfered = 0;
          let since = Number.POSITIVE_INFINITY;
          const gate = await startGate(
            { vercel: vercel.apiUrl, github: github.apiUrl },
            async ({ index }): Promise<Verdict> => {
              if (index !== at) return 'pass';
              const mine = scene.accepted('rollback');
              await interfere(deed, app, work, play);
              interfered = scene.accepted('rollback')[app] - mine[app];
              since = gate.passages.length;
              return 'pass';
            },
          );
          const ending = await act(work, play, gate.address('vercel'), gate.address('github'));
          await gate.idle();
          await gate.close();
          const accepted = scene.accepted('rollback');
          const own = {
            web: accepted.web - before.web - (app === 'web' ? interfered : 0),
            admin: accepted.admin - before.admin - (app === 'admin' ? interfered : 0),
          };
          return { play, ending, own, since, passages: gate.passages };
        };
        const { passages } = await run(Number.POSITIVE_INFINITY);
        await clean();
        assert.ok(passages.length > 15, `only ${passages.length} requests`);
        const all = boundaries(passages, random);
        // Vercel takes a promotion of what is deleted then, and the move waits for domains that never come: few are enough.
        const some = deed === 'deletes' && !everything ? all.toSorted((a, b) => a - b).slice(0, 3) : all;
        for (const at of some) {
          const { play, ending, own, since, passages: made } = await run(at);
          const what = `${work}, ${deed} ${app} at ${at} of ${made.length} (${made[at]?.method} ${made[at]?.path}): ${ending.message}`;
          const wanted = work === 'promotion' ? play.pair : play.target;
          const served = scene.servedPair();
          const there = served.web === wanted.web && served.admin === wanted.admin;
          assert.ok(
            own.web <= 1 && own.admin <= 1,
            `${what}: one accepted rollback per project, ${JSON.stringify(own)}`,
          );
          const nameOf = { web: /notes-app|dpl_/, admin: /admin/ };
          if (ending.good) {
            const project = app === 'web' ? scene.sandbox.vercel.project : scene.admin;
            const host = encodeURIComponent(project.domains[0]?.name ?? '');
            // What was asked before the deed was done may have been answered before it.
            const looks = made.slice(since).some(({ path }) => path.startsWith(`/v4/aliases/${host}`));
            assert.ok(there || !looks, `${what}: said to be done, ${JSON.stringify({ served, wanted })}`);
            const seen = await readServed((await scene.group()).project, { as: 'production' });
            assert.ok(there || seen.mixed || seen.deploymentId !== wanted.web, `${what}: the next look shows it`);
          } else if (!there) {
            assert.match(ending.message, nameOf[app], what);
            // Where nothing was moved there is nothing to be done next.
            const isHalf = served.web !== play[work === 'promotion' ? 'target' : 'pair'].web;
            if (work === 'rollback' && isHalf) assert.match(ending.message, /Next, at once: /, what);
          }
          await clean();
        }
      });
    }
  }
}
