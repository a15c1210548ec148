import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MigrationSession } from '#postgres/migration-session';
import type { MadeBackup } from './migrate.ts';
import type { MigrateOptions } from './plan-options.ts';
import { provenBackup } from './proven-backup.ts';

const session = { whileIdle: async <T>(work: () => Promise<T>) => await work() } as MigrationSession;
const young = { manifestFile: 'night.manifest.json' } as MadeBackup;
const paused = { reasonCode: 'project_paused', message: 'paused' };

test('with platform a proven backup within max-age counts where the platform has nothing, and never in its place', async () => {
  const said: string[] = [];
  const of = (given: { maxAgeMs?: number; point?: string; earlier?: MadeBackup }) =>
    provenBackup(
      session,
      { backup: 'platform', ...(given.maxAgeMs === undefined ? {} : { maxAgeMs: given.maxAgeMs }) } as MigrateOptions,
      {
        log: (line) => void said.push(line),
        createBackup: () => assert.fail('nothing is dumped'),
        platformPoint: async () => (given.point === undefined ? paused : { point: given.point }),
        youngBackup: async () => (given.point === undefined ? given.earlier : assert.fail('a point loses nothing')),
      },
    );
  assert.deepEqual(await of({ earlier: young }), { failed: { kind: 'backup-failed', ...paused } });
  assert.deepEqual(await of({ maxAgeMs: 1 }), { failed: { kind: 'backup-failed', ...paused } });
  assert.deepEqual(said, []);
  assert.deepEqual(await of({ maxAgeMs: 1, earlier: young }), { backup: young });
  assert.deepEqual(said, ['no restore point of the platform: paused']);
  assert.deepEqual(await of({ maxAgeMs: 1, earlier: young, point: 'a point' }), { point: 'a point' });
});
