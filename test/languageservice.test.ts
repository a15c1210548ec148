import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
type LanguageService = typeof import('@actions/languageservice');
let service: LanguageService;

before(async () => {
  // The package imports JSON without import attributes, which plain Node refuses.
  const hook = registerHooks({
    load: (url, context, next) =>
      url.endsWith('.json') ? next(url, { ...context, importAttributes: { type: 'json' } }) : next(url, context),
  });
  service = await import('@actions/languageservice');
  hook.deregister();
});

/** Messages of GitHub's own validator, with lines; `$/` and our own full references are read from this repository. */
async function problemsOf(file: string, text: string): Promise<string[]> {
  const document = TextDocument.create(`file:///${file}`, 'yaml', 1, text);
  const diagnostics = await service.validate(document, {
    fileProvider: {
      getFileContent: async (reference) => {
        const isOwn =
          !('repository' in reference) || `${reference.owner}/${reference.repository}` === 'org/ops-actions';
        const path = join(root, reference.path);
        if (!isOwn || !existsSync(path)) throw new Error(`${reference.path} does not exist`);
        return { name: reference.path, content: readFileSync(path, 'utf8') };
      },
    },
    actionsMetadataProvider: {
      fetchActionMetadata: async ({ owner, name, path }) => {
        if (`${owner}/${name}` !== 'org/ops-actions') return { name, description: 'of another repository' };
        const manifest = join(root, path ?? '', 'action.yml');
        return existsSync(manifest) ? parse(readFileSync(manifest, 'utf8')) : undefined;
      },
    },
  });
  return diagnostics.map(({ range, message }) => `${file}:${range.start.line + 1}: ${message}`);
}

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
