import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appliedNow } from './end-forward-fixes.ts';
import type { Migration } from './migrate.ts';

const inspection = { applied: ['1', '2'] };
const outcome = { outcome: 'applied', applied: [{ version: '3', file: '3_c.sql' }], remaining: [] };

test('a forward fix counts as applied only where a run that applies has left nothing to mend', () => {
  const cases: [string, object, ReturnType<typeof appliedNow>][] = [
    ['nothing was pending', { kind: 'nothing-pending', inspection }, ['1', '2']],
    ['only held files were', { kind: 'held', inspection }, ['1', '2']],
    ['files were applied', { kind: 'ended', inspection, outcome }, ['1', '2', '3']],
    ['a command', { kind: 'decided', ending: ['applied', 'command_succeeded', ''] }, 'by-command'],
    ['a file failed', { kind: 'ended', inspection, outcome: { ...outcome, failure: {} } }, undefined],
    ['not verified', { kind: 'ended', inspection, outcome, verification: { ok: false } }, undefined],
    // The files of a checkout, not the history of a database.
    ['a plan', { kind: 'nothing-pending', inspection, plan: { files: [], live: false } }, undefined],
    ['a plan with held files', { kind: 'held', inspection, plan: { files: [], live: false } }, undefined],
    ['refused', { kind: 'refused', inspection }, undefined],
  ];
  for (const [name, migration, applied] of cases)
    assert.deepEqual(appliedNow(migration as unknown as Migration), applied, name);
});
