import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemsOf } from './github-language-service.ts';

const root = join(import.meta.dirname, '..');

const patterns = [
  'action.yml',
  '{deploy,rollback}/action.yml',
  'actions/*/action.yml',
  '.github/workflows/*.yml',
  'examples/**/.github/workflows/*.yml',
  'test/fixtures/**/.github/workflows/*.yml',
];
const files = (await Array.fromAsync(glob(patterns, { cwd: root }))).sort();

test('there is something to validate', () => {
  assert.ok(files.includes('deploy/action.yml'));
  assert.ok(files.includes('.github/workflows/deploy-production.yml'));
});

for (const file of files) {
  test(`GitHub's language service has nothing to say about ${file}`, async () => {
    assert.deepEqual(await problemsOf(file, readFileSync(join(root, file), 'utf8')), []);
  });
}

test('the validator sees through $/: a mistyped input, a missing action and a wrong workflow input are found', async () => {
  const action =
    'name: x\ndescription: x\nruns:\n  using: composite\n  steps:\n    - uses: $/actions/health-gate\n      with: { base-ulr: x }\n    - uses: $/actions/nowhere\n';
  const inAction = await problemsOf('broken/action.yml', action);
  assert.equal(inAction.length, 2);
  assert.match(inAction[0] ?? '', /:7: Invalid action input 'base-ulr'/);
  assert.match(inAction[1] ?? '', /:8: Unable to resolve action `\$\/actions\/nowhere`/);
  const workflow = 'on: push\njobs:\n  a:\n    uses: $/.github/workflows/rollback.yml\n    with: { tarket: x }\n';
  assert.match((await problemsOf('.github/workflows/broken.yml', workflow)).join(), /tarket/);
});
