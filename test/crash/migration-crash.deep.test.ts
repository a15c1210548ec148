import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readMigrationState } from './databases.ts';
import { startPostgresGate } from './postgres-gate.ts';
import { goodRelease, runAgain, type Stage, setStage } from './scenarios.ts';

// S10 and I2: the runner is lost while the transaction of a migration ends.

let stage: Stage;
before(async () => {
  stage = await setStage();
});
after(() => stage[Symbol.asyncDispose]());

/** Whether the second migration is in the history. */
async function isApplied(url: string): Promise<boolean> {
  return (await readMigrationState(url))[1]?.recorded === true;
}

test('lost before COMMIT is sent: nothing of the file is there, the next attempt applies it', async () => {
  await using world = await stage.createWorld(goodRelease);
  const death = new AbortController();
  await using gate = await startPostgresGate(
    world.databaseUrl,
    () => {
      death.abort();
      return false;
    },
    () => assert.fail('nothing was to be committed'),
  );
  await world.run({ ...goodRelease.run, databaseUrl: gate.url, lost: death.signal });
  assert.ok(death.signal.aborted);
  assert.equal(await isApplied(world.databaseUrl), false);
  await runAgain(world, goodRelease);
});

test('lost after COMMIT was sent, before its answer: the file is whole, the next attempt does not apply it again', async () => {
  await using world = await stage.createWorld(goodRelease);
  const death = new AbortController();
  const committed = Promise.withResolvers<void>();
  await using gate = await startPostgresGate(
    world.databaseUrl,
    () => {
      death.abort();
      return true;
    },
    committed.resolve,
  );
  await world.run({ ...goodRelease.run, databaseUrl: gate.url, lost: death.signal });
  assert.ok(death.signal.aborted);
  await committed.promise;
  assert.equal(await isApplied(world.databaseUrl), true);
  await runAgain(world, goodRelease);
});

test('lost after the answer to COMMIT: the next attempt finds nothing pending', async () => {
  await using world = await stage.createWorld(goodRelease);
  const death = new AbortController();
  await using gate = await startPostgresGate(
    world.databaseUrl,
    () => true,
    () => death.abort(),
  );
  await world.run({ ...goodRelease.run, databaseUrl: gate.url, lost: death.signal });
  assert.ok(death.signal.aborted);
  assert.equal(await isApplied(world.databaseUrl), true);
  await runAgain(world, goodRelease);
});
