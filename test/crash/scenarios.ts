import assert from 'node:assert/strict';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { unlock } from '#release/unlock';
import { openVercelProject } from '#vercel/project';
import { type Consumer, createConsumer } from './consumer.ts';
import { type Databases, startDatabases } from './databases.ts';
import { dieAt, recordRun } from './die.ts';
import { brokenAlways, brokenInTheEnd, type Found, find, unless } from './invariants.ts';
import type { CrashPoint, Outgoing } from './points.ts';
import { createWorld, type Run, type Version, type World } from './world.ts';

/** A run that dies, and how everything must be once it was run again. */
export interface Scenario {
  name: string;
  run: Omit<Run, 'gate' | 'lost' | 'databaseUrl'>;
  released: readonly Version[];
  /** Migrations in the database beforehand. */
  applied: 0 | 1 | 2;
  /** Decision of the run that nobody interrupts. */
  undisturbed: string;
  /** What is wrong beside the invariants after the second run. */
  broken(world: World, found: Found): string[];
}

const runId = 100;

export const goodRelease: Scenario = {
  name: 'a release',
  run: { composite: 'deploy', version: 'v1.1.0', runId, attempt: 1 },
  released: ['v1.0.0'],
  applied: 1,
  undisturbed: 'released',
  broken: (_world, { own, served, locks, incidents }) => [
    ...unless(own.length === 1 && own[0] === served, 'the release was not brought to its end'),
    ...unless(locks.length === 0, 'it is locked'),
    ...unless(incidents === 0, 'there is an incident'),
  ],
};

function isTakenBack(to: Version): Scenario['broken'] {
  return (world, { served, locks, incidents, messages }) => {
    const target = world.released.find(({ version }) => version === to)?.deploymentId;
    return [
      ...unless(served === target, 'production is not back'),
      ...unless(locks.length === 1 && locks[0]?.target === target, 'I4: no lock names the target'),
      ...unless(incidents === 1, `I7: ${incidents} incidents`),
      ...unless(
        messages.every((text) => text.includes('rolled back')),
        `people read: ${messages.join(' / ')}`,
      ),
    ];
  };
}

export const badRelease: Scenario = {
  name: 'a release whose watch fails',
  run: { composite: 'deploy', version: 'v1.2.0', runId, attempt: 1 },
  released: ['v1.0.0', 'v1.1.0'],
  applied: 2,
  undisturbed: 'rolled-back',
  broken: isTakenBack('v1.1.0'),
};

export const rollbackByHand: Scenario = {
  name: 'a rollback by hand',
  run: { composite: 'rollback', version: 'v1.1.0', runId, attempt: 1 },
  released: ['v1.0.0', 'v1.1.0'],
  applied: 2,
  undisturbed: 'rolled-back',
  broken: isTakenBack('v1.0.0'),
};

/** What all cases of a test share. */
export interface Stage extends AsyncDisposable {
  /** What the run sends when nobody interrupts it. */
  record(scenario: Scenario): Promise<Outgoing[]>;
  /** Dies at the point, runs again on a fresh runner, and checks the invariants after each. False: the point never came. */
  play(scenario: Scenario, point: CrashPoint): Promise<boolean>;
  createWorld(scenario: Scenario): Promise<World>;
}

export async function setStage(): Promise<Stage> {
  const [consumer, databases, identity]: [Consumer, Databases, string] = await Promise.all([
    createConsumer(),
    startDatabases(),
    generateX25519Identity(),
  ]);
  const ageRecipient = await identityToRecipient(identity);
  const world = async ({ applied, released }: Scenario) =>
    createWorld({ consumer, ageRecipient, released, databaseUrl: await databases.create(applied) });
  return {
    createWorld: world,
    async record(scenario) {
      await using fresh = await world(scenario);
      const { report, outgoing } = await recordRun(fresh, scenario.run);
      assert.equal(report.outputs.decision ?? lastDecision(report.steps), scenario.undisturbed, report.outputs.summary);
      await checkEnd(fresh, scenario, 'nobody interrupted it');
      return outgoing;
    },
    async play(scenario, point) {
      await using fresh = await world(scenario);
      const reached = await dieAt(fresh, scenario.run, point);
      assert.deepEqual(await brokenAlways(fresh, await find(fresh, runId)), [], 'after the death');
      await runAgain(fresh, scenario);
      return reached;
    },
    async [Symbol.asyncDispose]() {
      await databases[Symbol.asyncDispose]();
      await consumer[Symbol.asyncDispose]();
    },
  };
}

/** The same run on a fresh runner, as "Re-run jobs" does it, and what must hold then. */
export async function runAgain(world: World, scenario: Scenario): Promise<void> {
  const { conclusion, outputs } = await world.run({ ...scenario.run, attempt: 2 });
  await checkEnd(world, scenario, `the second run ended ${conclusion}: ${outputs.summary ?? ''}`);
}

async function checkEnd(world: World, scenario: Scenario, story: string): Promise<void> {
  const found = await find(world, runId);
  assert.deepEqual([...(await brokenInTheEnd(world, found)), ...scenario.broken(world, found)], [], story);
  if (found.locks.length > 0) await checkUnlock(world);
}

/** I5: what the lock kept off comes back with it. */
async function checkUnlock(world: World): Promise<void> {
  const { apiUrl, token, teamId, projectId } = world.sandbox.description.vercel;
  const project = await openVercelProject({ apiUrl, token, team: teamId, project: projectId });
  await unlock(
    { github: world.github, project },
    { environment: 'production', reason: 'mended', production: true, key: 'unlock', autoAssignDefault: false },
  );
  assert.equal(world.sandbox.vercel.project.autoAssignCustomDomains, true, 'I5: auto-assign comes back at unlock');
}

function lastDecision(steps: readonly { outputs: Record<string, string> }[]): string | undefined {
  return steps.findLast(({ outputs }) => outputs.decision !== undefined)?.outputs.decision;
}
