import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Gate, startGate, type Verdict } from '../test/gate.ts';
import { quietDependencies, type Scene, setScene } from '../test/scene.ts';
import { readOpenLocks } from './lock.ts';
import { type PromoteOutcome, promote } from './promote.ts';
import { type ByHandOutcome, rollBackByHand } from './roll-back-by-hand.ts';

// S1: a release that promotes and a rollback by hand, interleaved at every request boundary. One of the two is held before
// its k-th request while the other runs from beginning to end. Production always ends on the rollback's target.

let scene: Scene;
/** What the rollback asks for: neither what is served nor what the release would go back to by itself. */
let older = '';
let current = '';
let runId = 100;
/** One environment per case: no case reads the locks of those before it. */
let environment = '';

before(async () => {
  scene = await setScene({ vercel: { aliasDelayMs: 5 } });
});
after(() => scene.close());

interface Actor<T> {
  gate: Gate;
  /** Resolves when the actor stands before its k-th request, or has ended without making it. */
  held: Promise<void>;
  release(): void;
  done: Promise<T>;
}

/** Milliseconds that each request waits, where both actors run at the same time. */
let delay = () => 0;

/** Starts an actor that is held before its k-th request (never, where k is Infinity). */
async function start<T>(holdAt: number, act: (gate: Gate) => Promise<T>): Promise<Actor<T>> {
  let arrive = () => {};
  let release = () => {};
  const arrived = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { vercel, github } = scene.sandbox.description;
  const gate = await startGate({ vercel: vercel.apiUrl, github: github.apiUrl }, async (passage): Promise<Verdict> => {
    if (passage.index >= holdAt) {
      arrive();
      await released;
    }
    const wait = delay();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return 'pass';
  });
  const done = act(gate);
  return { gate, held: Promise.race([arrived, done.then(() => undefined)]), release, done };
}

async function reset(): Promise<void> {
  const { project } = await scene.connect();
  environment = `production-${runId}`;
  older = await scene.goLive();
  current = await scene.goLive();
  await project.setAutoAssign(true);
}

async function startRelease(holdAt: number): Promise<{ actor: Actor<PromoteOutcome>; deploymentId: string }> {
  runId += 1;
  const handle = await scene.open({ runId, environment, target: current });
  const deploymentId = await scene.stage({ opsRelease: handle.key });
  const actor = await start(holdAt, async (gate) => {
    const services = await scene.connect({ vercel: gate.address('vercel'), github: gate.address('github') });
    return await promote({ ...services, ...quietDependencies }, { handle, deploymentId, requireAncestor: false });
  });
  return { actor, deploymentId };
}

async function startRollback(holdAt: number): Promise<Actor<ByHandOutcome>> {
  runId += 1;
  const key = `rollback:${runId}`;
  return await start(holdAt, async (gate) => {
    const services = await scene.connect({ vercel: gate.address('vercel'), github: gate.address('github') });
    return await rollBackByHand(
      { ...services, ...quietDependencies },
      {
        settings: scene.settings({ environment }),
        key,
        runId,
        commit: scene.commits.at(-1) ?? '',
        target: older,
        reason: 'checkout is down',
        dryRun: false,
        lockExpiryMs: 3_600_000,
        promoteInstead: false,
      },
    );
  });
}

async function proveRolledBack(what: string, release: PromoteOutcome, rollback: ByHandOutcome, deploymentId: string) {
  assert.equal(scene.served(), older, `${what}: ${release.message} / ${JSON.stringify(rollback)}`);
  const { github, project } = await scene.connect();
  assert.equal((await project.readState()).autoAssign, false, `${what}: auto-assign is off while the lock holds`);
  const locks = await readOpenLocks(github, environment);
  assert.ok(
    locks.some((lock) => lock.target?.deploymentId === older),
    `${what}: the lock names the target`,
  );
  assert.ok(['rolled-back', 'already-current'].includes(rollback.decision), `${what}: ${JSON.stringify(rollback)}`);
  // Where the promotion had ended before the rollback began it was one; the watch hears of the lock then.
  assert.ok(['superseded', 'promoted'].includes(release.decision), `${what}: ${release.decision} ${release.message}`);
  assert.notEqual(scene.served(), deploymentId);
}

test('A rollback that runs whole while a release stands before any of its requests wins', async () => {
  let last = Number.POSITIVE_INFINITY;
  for (let k = 0; k < last; k++) {
    await reset();
    const { actor, deploymentId } = await startRelease(k);
    await actor.held;
    const rollback = await startRollback(Number.POSITIVE_INFINITY);
    const rolledBack = await rollback.done;
    actor.release();
    const released = await actor.done;
    await proveRolledBack(`held before request ${k}`, released, rolledBack, deploymentId);
    if (actor.gate.passages.length <= k) last = k;
    await actor.gate.close();
    await rollback.gate.close();
  }
  assert.ok(last > 8, `only ${last} boundaries`);
});

test('A release that promotes whole while a rollback stands before any of its requests is taken back', async () => {
  let last = Number.POSITIVE_INFINITY;
  for (let k = 0; k < last; k++) {
    await reset();
    const rollback = await startRollback(k);
    await rollback.held;
    const { actor, deploymentId } = await startRelease(Number.POSITIVE_INFINITY);
    const released = await actor.done;
    rollback.release();
    const rolledBack = await rollback.done;
    await proveRolledBack(`rollback held before request ${k}`, released, rolledBack, deploymentId);
    if (rollback.gate.passages.length <= k) last = k;
    await actor.gate.close();
    await rollback.gate.close();
  }
  assert.ok(last > 8, `only ${last} boundaries`);
});

test('Both at the same time, in many schedules: the rollback wins', async () => {
  const never = Number.POSITIVE_INFINITY;
  for (let seed = 1; seed <= 40; seed++) {
    await reset();
    const random = randomNumbers(seed);
    // The release starts first; a promotion takes about as long as all its requests together.
    delay = () => Math.floor(random() * 25);
    const { actor, deploymentId } = await startRelease(never);
    await new Promise((resolve) => setTimeout(resolve, random() * 250));
    const rollback = await startRollback(never);
    const [released, rolledBack] = await Promise.all([actor.done, rollback.done]);
    delay = () => 0;
    await proveRolledBack(`seed ${seed}`, released, rolledBack, deploymentId);
    await actor.gate.close();
    await rollback.gate.close();
  }
});

/** Mulberry32: the same numbers for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
