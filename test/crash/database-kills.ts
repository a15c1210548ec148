import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { brokenFiles, brokenInTheEnd, prepare, readFileState } from './database-files.ts';
import type { Effect } from './database-gate.ts';
import { canary, type DatabaseWorld, type Surroundings } from './database-world.ts';

export type Moment = 'kill before' | 'kill after';

export interface Scenario {
  name: string;
  action: string;
  inputs: Record<string, string>;
  /** A backup is there before it begins. */
  stored?: boolean;
  from: 'base' | 'all';
  /** What the database holds in the end. */
  to: 'base' | 'all';
  /** Effects that a run has at least, by the beginning of their names. */
  effects: string[];
}

const rollback = { mode: 'rollback', 'to-version': '20260101000000', confirm: 'staging' };

export const scenarios: Scenario[] = [
  {
    name: 'a backup and its proof',
    action: 'backup',
    inputs: {},
    from: 'base',
    to: 'base',
    effects: ['store PUT dump', 'store PUT contents', 'store PUT manifest', 'ledger POST deployments'],
  },
  {
    name: 'a migration with its backup',
    action: 'migrate-with-backup',
    inputs: {},
    from: 'base',
    to: 'all',
    effects: ['store PUT manifest', 'database lock', 'database marker', 'database index', 'database commit of file'],
  },
  {
    name: 'a rollback of migrations',
    action: 'migrate-with-backup',
    inputs: rollback,
    from: 'all',
    to: 'base',
    effects: ['store PUT manifest', 'database lock', 'database commit of rollback'],
  },
  {
    name: 'a verification of what is stored',
    action: 'restore',
    inputs: { mode: 'verify' },
    stored: true,
    from: 'base',
    to: 'base',
    effects: ['store GET manifest', 'store GET dump', 'store GET contents', 'ledger POST deployments'],
  },
];

/** A database of its own, and the backup that a verification needs. */
export async function createWorldOf(surroundings: Surroundings, { from, stored }: Scenario): Promise<DatabaseWorld> {
  const world = await surroundings.createWorld(prepare(from, canary));
  if (stored === true) {
    const made = await world.run('backup', {}, 1);
    assert.equal(made.exitCode, 0, made.output);
  }
  return world;
}

/** One death at one effect, then the same run again on an empty disk. */
export async function play(world: DatabaseWorld, scenario: Scenario, effect: Effect, moment: Moment): Promise<void> {
  let reached = false;
  const died = await world.run(scenario.action, scenario.inputs, 1, ({ name, occurrence }) => {
    if (name !== effect.name || occurrence !== effect.occurrence) return 'pass';
    reached = true;
    return moment;
  });
  assert.ok(reached, 'the effect never came');
  assert.equal(died.exitCode, null, died.output);
  const state = await readFileState(world.url);
  assert.deepEqual([...brokenFiles(state), ...(await world.brokenBackups())], [], 'after the death');
  const again = await world.run(scenario.action, scenario.inputs, 2);
  assert.equal(again.exitCode, 0, again.output);
  await checkEnd(world, scenario, again.output);
  const { marker } = state;
  if (marker !== undefined && marker.done > 0) {
    assert.match(again.output, new RegExp(`pieces\\.sql was interrupted after ${marker.done} of its statements`));
  }
  // The scratch server of the dead run ended with it, and its folder was swept by the next one.
  const left = (await readdir('/dev/shm')).filter((name) => name.startsWith(`ops-actions-scratch-${died.pid}-`));
  assert.deepEqual(left, [], 'I8: the copy of the dead run is still there');
}

export async function checkEnd(world: DatabaseWorld, scenario: Scenario, output: string): Promise<void> {
  const broken = brokenInTheEnd(await readFileState(world.url), scenario.to);
  assert.deepEqual([...broken, ...(await world.brokenBackups())], [], output);
  // Of the dead run's one, where it came to that, as of its own.
  if (scenario.inputs.mode === 'verify')
    assert.deepEqual(new Set(world.verifications()), new Set(['verified']), output);
}

/** Every moment at which a run with these effects can be killed. */
export function killPoints(effects: readonly Effect[]): { effect: Effect; moment: Moment }[] {
  return effects.flatMap((effect) => (['kill before', 'kill after'] as const).map((moment) => ({ effect, moment })));
}
