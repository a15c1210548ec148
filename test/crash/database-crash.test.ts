import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { storeMissing } from '#backup/test-s3';
import { createWorldOf, killPoints, play, type Scenario, scenarios } from './database-kills.ts';
import { type Surroundings, startSurroundings } from './database-world.ts';

// One moment of a run forward and one of a way back, drawn anew every time; database-crash.deep.test.ts plays them all.

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';

const seed = Number(process.env.OPS_ACTIONS_SEED ?? Math.floor(Math.random() * 2 ** 31));

const [backup, migration, rollback, verification] = scenarios;
assert.ok(backup !== undefined && migration !== undefined && verification !== undefined);
assert.ok(rollback?.inputs.mode === 'rollback');
const forward = [backup, migration, verification][seed % 3] ?? backup;

describe('a runner that is killed at a moment that was drawn', { skip, concurrency: 2 }, () => {
  let surroundings: Surroundings;
  before(async () => {
    surroundings = await startSurroundings();
  });
  after(() => surroundings?.[Symbol.asyncDispose]());

  for (const drawn of [forward, rollback] satisfies Scenario[]) {
    test(`${drawn.name} survives kill -9 there`, async (t) => {
      t.diagnostic(`the same again: OPS_ACTIONS_SEED=${seed} node --test test/crash/database-crash.test.ts`);
      const world = () => createWorldOf(surroundings, drawn);
      const { effects, exitCode, output } = await (await world()).run(drawn.action, drawn.inputs, 1);
      assert.equal(exitCode, 0, output);
      const points = killPoints(effects);
      const point = points[Math.floor(seed / 3) % points.length];
      assert.ok(point !== undefined, 'the run had no effect');
      t.diagnostic(`drawn: ${point.moment} ${point.effect.name} (${point.effect.occurrence + 1})`);
      await play(await world(), drawn, point.effect, point.moment);
    });
  }
});
