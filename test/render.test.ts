// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parse } from 'yaml';
import { renderText } from '../scripts/render-text.ts';
import { renderTree } from '../scripts/render-tree.ts';

const root = join(import.meta.dirname, '..');
const base = mkdtempSync(join(tmpdir(), 'render-'));
after(() => rmSync(base, { recursive: true, force: true }));

const workflow = `# PUBLIC: a comment with $/actions/x stays
on: { workflow_call: }
concurrency: # of the workflow
  group: a
  # waits
  queue: max   # why
  cancel-in-progress: false
jobs:
  one:
    runs-on: ubuntu-latest
    concurrency: { queue: max, group: 'b' }
    environment: { name: "\${{ inputs.x }}", deployment: false }
    steps:
      - uses: $/actions/health-gate # quick
      - uses: "$/deploy"
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { repository: '\${{ job.workflow_repository }}', ref: '\${{ job.workflow_sha }}', queue: max }
      - run: |
          echo 'uses: $/not/one'
  two:
    uses: $/.github/workflows/rollback.yml
`;

test('references become full, what old servers do not know goes, everything else stays byte for byte', () => {
  const rendered = renderText(workflow, { style: 'full', repository: 'acme/ops', ref: 'v1.2.3' });
  assert.equal(
    rendered.text,
    `# PUBLIC: a comment with $/actions/x stays
on: { workflow_call: }
concurrency: # of the workflow
  group: a
  # waits
  cancel-in-progress: false
jobs:
  one:
    runs-on: ubuntu-latest
    concurrency: { group: 'b' }
    environment: { name: "\${{ inputs.x }}" }
    steps:
      - uses: acme/ops/actions/health-gate@v1.2.3 # quick
      - uses: acme/ops/deploy@v1.2.3
      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1
        with: { repository: 'acme/ops', ref: 'v1.2.3', queue: max }
      - run: |
          echo 'uses: $/not/one'
  two:
    uses: acme/ops/.github/workflows/rollback.yml@v1.2.3
`,
  );
  assert.deepEqual(
    rendered.lost.map(({ line, what }) => `${line} ${what}`),
    [
      '6 concurrency.queue: max',
      '11 concurrency.queue: max',
      '12 environment.deployment: false',
      '14 $/ references',
      '15 $/ references',
      '17 job.workflow_* contexts',
      '17 job.workflow_* contexts',
      '21 $/ references',
    ],
  );
});

test('the dot-slash style is for validators', () => {
  const { text } = renderText('steps:\n  - uses: $/actions/a\n', { style: 'dot-slash' });
  assert.equal(text, 'steps:\n  - uses: ./actions/a\n');
});

test('the rendered tree holds what is published, no $/ and nothing else, and every reference in it exists', async () => {
  const out = join(base, 'full');
  const lost = await renderTree(root, out, { style: 'full', repository: 'org/ops-actions', ref: 'v1' });
  assert.ok(lost.some(({ file, what }) => file === 'deploy/action.yml' && what === '$/ references'));
  assert.ok(existsSync(join(out, 'LICENSE')));
  const files = await Array.fromAsync(glob('**', { cwd: out, withFileTypes: true }));
  for (const file of files.filter((entry) => entry.isFile() && entry.name.endsWith('.yml'))) {
    const text = readFileSync(join(file.parentPath, file.name), 'utf8');
    for (const uses of usesOf(parse(text))) {
      assert.ok(!uses.startsWith('$/'), `${file.name}: ${uses}`);
      const own = /^org\/ops-actions\/(.+)@v1$/.exec(uses)?.[1];
      if (own === undefined) continue;
      const isThere = own.endsWith('.yml') ? existsSync(join(out, own)) : existsSync(join(out, own, 'action.yml'));
      assert.ok(isThere, `${file.name}: ${uses} is not in the rendered tree`);
    }
  }
  for (const name of ['packages', 'scripts', 'test', 'node_modules', 'package.json', '.github/workflows/ci.yml']) {
    assert.equal(existsSync(join(out, name)), false, name);
  }
  await assert.rejects(renderTree(root, out, { style: 'dot-slash' }), /already holds a tree/);
});

function usesOf(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(usesOf);
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === 'uses' && typeof value === 'string' ? [value] : usesOf(value),
  );
}
