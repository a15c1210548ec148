// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { renderText } from '../scripts/render-text.ts';
import { renderTree } from '../scripts/render-tree.ts';
import { readAction, root } from './workflows-model.ts';
import { findTool, runTool } from './workflows-tools.ts';

const patterns = [
  '.github/**/*.yml',
  'action.yml',
  '{deploy,rollback}/action.yml',
  'actions/*/action.yml',
  'examples/**/.github/workflows/*.yml',
];
const files = (await Array.fromAsync(glob(patterns, { cwd: root }))).sort();

const zizmor = findTool('zizmor');
test('zizmor --persona pedantic finds nothing in workflows, composites, actions and examples', {
  skip: zizmor === undefined ? 'zizmor is not installed (pip install zizmor==1.32.0)' : false,
}, async () => {
  const { code, output } = await runTool(
    zizmor ?? '',
    ['--persona', 'pedantic', '--offline', '--no-progress', ...files],
    root,
  );
  assert.equal(code, 0, output);
  assert.match(output, /No findings to report/);
});

const actionlint = findTool('actionlint');
const skip =
  actionlint === undefined
    ? 'actionlint is not installed (go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12)'
    : false;

test('actionlint finds nothing in the workflows, with its two narrow ignores', { skip }, async () => {
  const workflows = files.filter((file) => file.startsWith('.github/workflows/'));
  const { code, output } = await runTool(actionlint ?? '', workflows, root);
  assert.equal(code, 0, output);
});

describe('the tree rendered to ./, without any ignore', { skip }, () => {
  const base = mkdtempSync(join(tmpdir(), 'static-'));
  const tree = join(base, 'tree');
  const workflows = join(tree, '.github/workflows');

  before(async () => {
    await renderTree(root, tree, { style: 'dot-slash' });
    // actionlint takes the folder that holds .git as the place where ./ starts.
    mkdirSync(join(tree, '.git'));
  });
  after(() => rmSync(base, { recursive: true, force: true }));

  async function lint(file: string, text: string): Promise<string> {
    writeFileSync(join(workflows, file), text);
    const { output } = await runTool(actionlint ?? '', [join('.github/workflows', file)], tree);
    rmSync(join(workflows, file));
    return output;
  }

  test('the public workflows are clean', async () => {
    const { code, output } = await runTool(actionlint ?? '', [], tree);
    assert.equal(code, 0, output);
  });

  for (const path of ['.', 'deploy', 'rollback']) {
    test(`the steps and outputs of ${path}/action.yml are clean when they stand in a workflow`, async () => {
      assert.equal(await lint('composite.yml', asWorkflow(path, tree)), '');
    });
  }

  for (const file of files.filter((name) => name.startsWith('examples/'))) {
    test(`${file} is clean when it calls this tree`, async () => {
      const text = readFileSync(join(root, file), 'utf8');
      const calling = text.replaceAll(/org\/ops-actions\/([\w./-]+)@\S+/g, '$/$1');
      assert.equal(await lint('example.yml', renderText(calling, { style: 'dot-slash' }).text), '');
    });
  }

  test('it would see a missing, an unknown and a mistyped name', async () => {
    const broken = asWorkflow('rollback', tree)
      .replace('steps.roll-back.outputs.to', 'steps.roll-back.outputs.two')
      .replace(' base-url:', ' base-ulr:');
    const output = await lint('broken.yml', broken);
    assert.match(output, /property "two" is not defined/);
    assert.match(output, /input "base-ulr" is not defined/);
  });
});

/** A composite as a reusable workflow: actionlint reads no steps of an action.yml, but those of a workflow thoroughly. */
function asWorkflow(path: string, tree: string): string {
  const source = readAction(path);
  const { runs } = parse(readFileSync(join(tree, path, 'action.yml'), 'utf8')) as typeof source;
  const inputs = Object.fromEntries(Object.keys(source.inputs ?? {}).map((name) => [name, { type: 'string' }]));
  const outputs = Object.fromEntries(Object.entries(source.outputs ?? {}).map(([name, { value }]) => [name, value]));
  const job = { 'runs-on': 'ubuntu-latest', outputs, steps: runs.steps };
  return stringify({ on: { workflow_call: { inputs } }, permissions: {}, jobs: { composite: job } }, { lineWidth: 0 });
}
