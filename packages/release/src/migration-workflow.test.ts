import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { applyByHand, findMigrationWorkflow } from './migration-workflow.ts';

test('the workflow that a person starts is named where there is exactly one', async () => {
  const workspace = await mkdtemp(join(tmpdir(), 'workflows-'));
  const folder = join(workspace, '.github/workflows');
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const uses = 'jobs: { m: { uses: org/ops-actions/.github/workflows/migrate.yml@v1 } }\n';
  try {
    assert.equal(await findMigrationWorkflow(workspace), undefined);
    await mkdir(folder, { recursive: true });
    await write('release.yml', `on: { push: { tags: [v1] } }\n${uses}`);
    await write('notes.yml', `on: { workflow_dispatch: }\n# ${uses}`);
    assert.equal(await findMigrationWorkflow(workspace), undefined, 'nobody can start one, the other migrates nothing');
    const step = '      - uses: org/ops-actions/actions/migrate-with-backup@0123 # v1\n';
    await write('migrate-by-hand.yaml', `on:\n  workflow_dispatch:\njobs:\n  m:\n    steps:\n${step}`);
    const found = await findMigrationWorkflow(workspace);
    assert.equal(found, 'migrate-by-hand.yaml');
    assert.match(applyByHand(found, 'manual'), /^gh workflow run migrate-by-hand\.yaml, /);
    await write('another.yml', `on: workflow_dispatch\n${uses}`);
    assert.equal(await findMigrationWorkflow(workspace), undefined);
    assert.match(applyByHand(undefined, 'approve'), /approved-migrations$/);
    assert.match(applyByHand(undefined, 'manual'), /migrate-with-backup by hand/);
  } finally {
    await rm(workspace, { recursive: true });
  }
});
