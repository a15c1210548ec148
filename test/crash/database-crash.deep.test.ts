import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import { storeMissing } from '#backup/test-s3';
import { checkEnd, createWorldOf, killPoints, play, scenarios } from './database-kills.ts';
import { type Surroundings, startSurroundings } from './database-world.ts';

// I2, I8, I9 and I10: kill -9 before and after every external effect of a migration with its backup and proof, of a backup
// alone, of a rollback of migrations, and of a verification with each of its reads; then the same run again on an empty disk.

const installed = (await listPostgres()).some((found) => found.server);
const skip = installed ? storeMissing : 'no PostgreSQL server programs on this machine';

describe('a runner that is killed', { skip }, () => {
  let surroundings: Surroundings;
  before(async () => {
    surroundings = await startSurroundings();
  });
  after(() => surroundings?.[Symbol.asyncDispose]());

  for (const scenario of scenarios) {
    test(`${scenario.name} survives kill -9 before and after every effect`, { concurrency: 2 }, async (t) => {
      const world = () => createWorldOf(surroundings, scenario);
      const undisturbed = await world();
      const { effects, exitCode, output } = await undisturbed.run(scenario.action, scenario.inputs, 1);
      assert.equal(exitCode, 0, output);
      await checkEnd(undisturbed, scenario, output);
      for (const begin of scenario.effects) {
        assert.ok(
          effects.some(({ name }) => name.startsWith(begin)),
          `no effect ${begin} among ${effects.map(({ name }) => name).join(', ')}`,
        );
      }
      await Promise.all(
        killPoints(effects).map(({ effect, moment }) =>
          t.test(`${moment} ${effect.name} (${effect.occurrence + 1})`, async () =>
            play(await world(), scenario, effect, moment),
          ),
        ),
      );
    });
  }
});
