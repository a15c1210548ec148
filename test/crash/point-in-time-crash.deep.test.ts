import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { listPostgres } from '#backup/find-postgres';
import type { Effect } from './database-gate.ts';
import { createProjectWorld, type ProjectWorld } from './point-in-time-world.ts';

// I2, I8 and I10, and that the platform is asked once: kill -9 before and after every external effect of a restore by the
// platform, with its stop of writes and its record; then the same run again on an empty disk.

const installed = (await listPostgres()).some((found) => found.server);

describe('a restore by the platform', { skip: installed ? false : 'no PostgreSQL server programs' }, () => {
  test('survives kill -9 before and after every effect', { concurrency: 2 }, async (t) => {
    await using undisturbed = await createProjectWorld();
    const { effects, exitCode, output } = await undisturbed.run(1);
    assert.equal(exitCode, 0, output);
    await checkEnd(undisturbed, output);
    const names = effects.map(({ name }) => name).join(', ');
    for (const begin of ['database read-only SET', 'ledger POST deployments', 'platform POST'])
      assert.ok(names.includes(begin), `no effect ${begin} among ${names}`);
    const points = effects.flatMap((effect) =>
      (['kill before', 'kill after'] as const).map((moment) => ({ effect, moment })),
    );
    await Promise.all(
      points.map(({ effect, moment }) =>
        t.test(`${moment} ${effect.name} (${effect.occurrence + 1})`, () => play(effects, effect, moment)),
      ),
    );
  });
});

async function play(effects: readonly Effect[], effect: Effect, moment: 'kill before' | 'kill after'): Promise<void> {
  await using world = await createProjectWorld();
  let reached = false;
  const died = await world.run(1, ({ name, occurrence }) => {
    if (name !== effect.name || occurrence !== effect.occurrence) return 'pass';
    reached = true;
    return moment;
  });
  assert.ok(reached, 'the effect never came');
  assert.equal(died.exitCode, null, died.output);
  const at = effects.indexOf(effect) + (moment === 'kill after' ? 1 : 0);
  // The first record is that of the backup.
  const recorded = effects.findLastIndex(({ name }) => /^ledger POST deployments ?$/.test(name)) + 1;
  const asked = effects.findIndex(({ name }) => name.startsWith('platform POST')) + 1;
  assert.equal(world.asked(), at >= asked ? 1 : 0);
  assert.equal(await world.rows(), at >= asked ? 12 : 20, 'I2: neither state');
  assert.deepEqual(await world.brokenBackups(), [], 'after the death');
  const again = await world.run(2);
  if (at >= recorded && at < asked) {
    // Nobody knows yet whether the platform was asked: not again before ten minutes, and nothing is written meanwhile.
    assert.equal(again.exitCode, 1, again.output);
    assert.match(again.outputs, /restore_unknown/);
    assert.match(again.output, /run again ten minutes after that/);
    assert.deepEqual([world.asked(), await world.rows(), await world.writable()], [0, 20, false]);
  } else {
    assert.equal(again.exitCode, 0, again.output);
    await checkEnd(world, again.output);
  }
  const left = (await readdir('/dev/shm')).filter((name) => name.startsWith(`ops-actions-scratch-${died.pid}-`));
  assert.deepEqual(left, [], 'I8: the copy of the dead run is still there');
}

async function checkEnd(world: ProjectWorld, output: string): Promise<void> {
  const state = { asked: world.asked(), rows: await world.rows(), writable: await world.writable() };
  assert.deepEqual(state, { asked: 1, rows: 12, writable: true }, output);
  assert.deepEqual(await world.brokenBackups(), [], output);
}
