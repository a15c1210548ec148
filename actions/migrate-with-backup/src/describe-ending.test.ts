import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspectMigrations } from '#postgres/inspect-migrations';
import { endingOf } from './describe-ending.ts';
import type { MigrateOptions } from './plan-options.ts';

test('what nothing proves to the Data API is in the one line, by its first names', async () => {
  const inspection = await inspectMigrations({ folder: { files: [], problems: [], gaps: [] }, applied: [] });
  const summary = (unproven: string[]) =>
    endingOf(
      {
        kind: 'ended',
        inspection,
        outcome: { outcome: 'applied', applied: [], remaining: [] },
        advice: [],
        schemaCache: { outcome: 'fresh', known: 0, unproven, seconds: 0 },
      },
      { folder: 'm' } as MigrateOptions,
    )[2];
  assert.doesNotMatch(summary([]), /Data API/);
  assert.match(summary(['a.b', 'f(x)']), /; nothing proves that the Data API knows a\.b, f\(x\)$/);
  assert.match(summary(['a', 'b', 'c', 'd', 'e', 'f', 'g']), / knows a, b, c, d, e and 2 more$/);
});

test('a file that was committed and not seen to be recorded is not called undone', async () => {
  const inspection = await inspectMigrations({ folder: { files: [], problems: [], gaps: [] }, applied: [] });
  const failure = { file: '1_a.sql', version: '1', message: 'it was committed', blockers: [], attempts: 1 };
  const summary = (reasonCode: 'not_recorded' | 'sql_error') =>
    endingOf(
      {
        kind: 'ended',
        inspection,
        outcome: { outcome: 'failed', applied: [], remaining: ['1_a.sql'], failure: { ...failure, reasonCode } },
        advice: [],
      },
      { folder: 'm' } as MigrateOptions,
    )[2];
  assert.match(summary('not_recorded'), /what this file made stays: .*; nothing was applied before it/);
  assert.match(summary('sql_error'), /this file was undone whole; nothing was applied$/);
});
