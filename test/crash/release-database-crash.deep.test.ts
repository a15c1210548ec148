import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createOneTimeKey, type OneTimeKey } from '#backup/age-stream';
import { listPostgres } from '#backup/find-postgres';
import { type Cluster, startCluster } from '#backup/scratch-cluster';
import { createDatabase } from '#backup/test-database';
import { startStore, storeMissing, type TestStore } from '#backup/test-s3';
import { everything } from '../../packages/release/test/draw.ts';
import { type Consumer, createConsumer } from './consumer.ts';
import { brokenFiles, brokenInTheEnd, migrationFiles, prepare, readFileState } from './database-files.ts';
import { type Effect, type Passing, startDatabaseGate } from './database-gate.ts';
import { brokenBackups, canary, filesWith, type Recorded } from './database-world.ts';
import { find, unless } from './invariants.ts';
import { createWorld, type Version, type World } from './world.ts';

// I2, I3, I7, I8, I9 and I10: the runner is lost at every external effect of the database step of a whole release:
// restore point, proof, files, and the way back of the files after a failure; then the same run again on an empty disk. The other
// requests of a release are those of release-crash.deep.test.ts.

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';
const runId = 100;
const [[baseFile, baseSql] = ['', ''], ...others] = Object.entries(migrationFiles);
/** Holds without rows, as the rehearsal has it, and fails on the row that is there. */
const failing = {
  '20260205000000_failing.sql': `create table failing (id int primary key);
select 1 / (1 - count(*)) from notes;
`,
  '20260205000000_failing.down.sql': 'drop table failing;\n',
};

interface Scenario {
  name: string;
  composite: 'deploy' | 'rollback';
  version: Version;
  released: readonly Version[];
  inputs?: Record<string, string>;
  /** How it may end whenever it is run to its end; on a busy machine our own checks of a short watch may be too few. */
  decisions: readonly string[];
  /** What the database holds before, and in the end where every attempt comes to the same. */
  from: 'base' | 'all';
  to?: 'base' | 'all';
  /** What serves in the end; `own`: the deployment of the release. */
  serves: Version | 'own';
  /** Effects that a run has at least, by the beginning of their names. */
  effects: string[];
}

const scenarios: Scenario[] = [
  {
    name: 'a release that migrates',
    composite: 'deploy',
    version: 'v1.1.0',
    released: ['v1.0.0'],
    decisions: ['released', 'held'],
    from: 'base',
    to: 'all',
    serves: 'own',
    effects: ['store PUT dump', 'store PUT manifest', 'database lock', 'database marker', 'database commit of file'],
  },
  {
    // What an attempt that died had applied stays, whole: a run takes back only its own files.
    name: 'a release that takes its files back',
    composite: 'deploy',
    version: 'v1.3.0',
    released: ['v1.0.0'],
    decisions: ['failed'],
    from: 'base',
    serves: 'v1.0.0',
    effects: ['store PUT manifest', 'database commit of file', 'database commit of rollback'],
  },
  {
    name: 'a rollback of app and database',
    composite: 'rollback',
    version: 'v1.1.0',
    released: ['v1.0.0', 'v1.1.0'],
    inputs: { parts: 'app\ndatabase' },
    decisions: ['rolled-back'],
    from: 'all',
    to: 'base',
    serves: 'v1.0.0',
    effects: ['store PUT manifest', 'database commit of rollback'],
  },
];

describe('a release whose runner is lost in its database step', { skip }, () => {
  let cluster: Cluster;
  let key: OneTimeKey;
  let consumer: Consumer;
  before(async () => {
    [cluster, key, consumer] = await Promise.all([
      startCluster({ listen: 'tcp' }),
      createOneTimeKey(),
      createConsumer({
        migrations: [{ [baseFile]: baseSql }, Object.fromEntries(others), failing],
        ops: {
          database: { backup: { destination: 's3://backups' }, 'on-failure': 'rollback-sql' },
          watch: { source: 'probe', window: '600ms', interval: '300ms' },
        },
      }),
    ]);
  });
  after(async () => {
    await cluster?.stop();
    await consumer?.[Symbol.asyncDispose]();
  });

  /** A production with its migrations and a row, and a store of its own. */
  async function stage({ from, released }: Scenario) {
    const store = await startStore();
    const databaseUrl = await createDatabase(cluster, prepare(from, canary));
    const world = await createWorld({ consumer, databaseUrl, ageRecipient: key.recipient, released });
    return {
      world,
      store,
      async [Symbol.asyncDispose]() {
        await world[Symbol.asyncDispose]();
        await store.stop();
      },
    };
  }

  for (const scenario of scenarios) {
    test(`${scenario.name} survives the loss at every effect on database, store and their records`, {
      concurrency: 2,
    }, async (t) => {
      await using fresh = await stage(scenario);
      const { effects, decision } = await run(fresh.world, fresh.store, scenario, 1);
      assert.ok(scenario.decisions.includes(decision), decision);
      await checkEnd(fresh, scenario, 'nobody interrupted it');
      const own = ofDatabaseStep(effects);
      for (const begin of scenario.effects)
        assert.ok(
          own.some(({ name }) => name.startsWith(begin)),
          `no effect ${begin} among ${own.map(({ name }) => name).join(', ')}`,
        );
      const points = pointsOf(own);
      await Promise.all(
        points.map(({ effect, moment }) =>
          t.test(`${moment} ${effect.name} (${effect.occurrence + 1})`, () => play(scenario, effect, moment)),
        ),
      );
    });
  }

  async function play(scenario: Scenario, effect: Effect, moment: 'before' | 'after'): Promise<void> {
    await using fresh = await stage(scenario);
    const { world, store } = fresh;
    const died = await run(world, store, scenario, 1, { effect, moment });
    assert.ok(died.reached, `the effect never came: ${died.decision} ${died.summary}`);
    const state = await readFileState(world.databaseUrl);
    const found = await find(world, runId);
    assert.deepEqual(
      [
        ...brokenFiles(state),
        ...(await backupsBroken(world, store)),
        ...unless(
          world.released.some((one) => one.deploymentId === found.served),
          `I1: ${found.served} is served`,
        ),
      ],
      [],
      'after the death',
    );
    const again = await run(world, store, scenario, 2);
    await checkEnd(fresh, scenario, `the second run ended ${again.decision}: ${again.summary}`);
    assert.ok(scenario.decisions.includes(again.decision), again.summary);
  }

  async function checkEnd({ world, store }: { world: World; store: TestStore }, scenario: Scenario, story: string) {
    const found = await find(world, runId);
    const state = await readFileState(world.databaseUrl);
    const { serves, to } = scenario;
    const serving =
      serves === 'own' ? found.own[0] : world.released.find(({ version }) => version === serves)?.deploymentId;
    const released = scenario.composite === 'deploy';
    const [entry] = found.entries;
    assert.deepEqual(
      [
        ...(to === undefined ? brokenFiles(state) : brokenInTheEnd(state, to)),
        ...unless(!state.recorded.includes('20260205000000'), 'I2: what failed is in the history'),
        ...(await backupsBroken(world, store)),
        ...unless(found.served === serving, `I1: ${found.served} is served`),
        ...unless(found.entries.length === (released ? 1 : 0), `I7: ${found.entries.length} entries`),
        ...unless(
          !released || scenario.decisions.includes(entry?.decision ?? ''),
          `I3: the entry says ${entry?.decision}`,
        ),
        ...unless(found.messages.length === 1, `I7: ${found.messages.length} messages`),
        ...unless(found.own.length <= 1, `I7: ${found.own.length} staged deployments`),
        ...unless(found.locks.length === (released ? 0 : 1), `I4: ${found.locks.length} locks`),
        ...unless(found.autoAssign === released, `I5: auto-assign is ${found.autoAssign}`),
      ],
      [],
      story,
    );
  }

  async function backupsBroken(world: World, store: TestStore): Promise<string[]> {
    const task = 'ops-actions:backup';
    const listed = await world.github.listDeployments({ environment: 'production', task, perPage: 100 });
    return await brokenBackups(
      store.folder,
      listed.map(({ payload }) => payload as Recorded),
      key.identity,
    );
  }

  /** A fresh runner with an empty disk. */
  async function run(
    world: World,
    store: TestStore,
    { composite, version, inputs }: Scenario,
    attempt: number,
    death?: { effect: Effect; moment: 'before' | 'after' },
  ) {
    const lost = new AbortController();
    let reached = false;
    const targets = {
      databaseUrl: world.databaseUrl,
      services: { ...world.services, store: store.connection.endpoint ?? '' },
    };
    await using gate = await startDatabaseGate(targets, ({ name, occurrence }): Passing => {
      if (reached || name !== death?.effect.name || occurrence !== death.effect.occurrence) return 'pass';
      reached = true;
      lost.abort();
      return death.moment === 'before' ? 'lose' : 'pass-unheard';
    });
    const { accessKeyId, secretAccessKey } = store.connection;
    const report = await world.run({
      ...{ composite, version, runId, attempt, gate, lost: lost.signal },
      inputs: {
        ...inputs,
        'database-url': gate.databaseUrl,
        'age-recipients': key.recipient,
        's3-endpoint': gate.address('store'),
        's3-access-key-id': accessKeyId,
        's3-secret-access-key': secretAccessKey,
      },
    });
    await gate.idle();
    const left = await filesWith(consumer.directory, canary);
    assert.deepEqual(left, [], 'I8: a row lies in the checkout');
    const { decision = '', summary = '' } = report.outputs;
    return { effects: gate.effects, reached, decision, summary };
  }
});

/**
 * A fresh runner sees only what is outside, so that the death after an effect and the one before the next one leave the same to it:
 * one of both for every effect, and both of all of them on demand. Pure.
 */
function pointsOf(effects: readonly Effect[]): { effect: Effect; moment: 'before' | 'after' }[] {
  const before = everything ? effects : effects.slice(0, 1);
  return [
    ...before.map((effect) => ({ effect, moment: 'before' as const })),
    ...effects.map((effect) => ({ effect, moment: 'after' as const })),
  ];
}

/** From the first effect on the database to the last one of its records; requests of other steps in between are none. */
function ofDatabaseStep(effects: readonly Effect[]): Effect[] {
  const touches = ({ name }: Effect) => name.startsWith('database ') || name.startsWith('store ');
  const first = effects.findIndex(touches);
  const last = effects.findLastIndex(touches);
  // The intent before it, and the records of the outcome behind it.
  return effects.slice(Math.max(0, first - 2), last + 4);
}
