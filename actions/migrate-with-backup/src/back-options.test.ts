import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { InputError } from '#action-kit/inputs';
import { createRunner } from '#action-kit/runner';
import { main } from './main.ts';

let workspace: string;
before(async () => {
  workspace = await mkdtemp(join(tmpdir(), 'back-options-'));
  await mkdir(join(workspace, '.github'));
});
after(() => rm(workspace, { recursive: true }));

test('every query for after the undo is read before anything runs, and all that are none are named at once', async () => {
  const checks =
    '{ typo: SELECT id FRM tasks WHERE, orphans: SELECT 1, sweeps: WITH g AS (DELETE FROM tasks RETURNING id) SELECT id FROM g }';
  await writeFile(
    join(workspace, '.github/ops.yml'),
    `version: 1\nenvironments:\n  production:\n    rollback: { database: { checks: ${checks} } }\n`,
  );
  const inputs = {
    ...{ environment: 'production', mode: 'rollback', 'to-version': '1', confirm: 'production', backup: 'skip' },
    ...{ 'throw-away': 'true', 'database-url': 'postgresql://u:p@127.0.0.1:9/d' },
  };
  const runner = createRunner({
    environment: {
      ...{ GITHUB_WORKSPACE: workspace, HOME: workspace },
      ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    },
    write: () => {},
  });
  await assert.rejects(main(runner), (error: Error) => {
    assert.ok(error instanceof InputError, `it began: ${error.message}`);
    assert.deepEqual(
      error.problems.map(({ name, message }) => [name, message]),
      [
        ['rollback.database.checks.typo', 'is no query that only reads: it cannot be read as SQL (line 1, column 15)'],
        ['rollback.database.checks.sweeps', 'is no query that only reads: it does not only read'],
      ],
    );
    return true;
  });
});
