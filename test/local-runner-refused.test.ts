// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

const refused: { what: string; files: Record<string, string>; message: RegExp }[] = [
  { what: 'no action.yml', files: {}, message: /There is no action\.yml in .*Give the folder of an action/ },
  {
    what: 'a missing sibling',
    files: { 'a/action.yml': composite('- uses: $/gone') },
    message: /There is no action\.yml in .*gone/,
  },
  { what: 'a bare $/', files: { 'a/action.yml': composite('- uses: $/') }, message: /has no path/ },
  {
    what: 'a path out of the repository',
    files: { 'a/action.yml': composite('- uses: $/../x') },
    message: /leaves its repository/,
  },
  {
    what: 'a container',
    files: { 'a/action.yml': composite('- uses: docker://alpine') },
    message: /needs a container; not supported here/,
  },
  {
    what: 'a download',
    files: { 'a/action.yml': composite('- uses: actions/checkout@v6') },
    message: /actions\/checkout@v6 would be downloaded; not supported here/,
  },
  {
    what: 'another runtime',
    files: { 'a/action.yml': 'runs: { using: node20, main: x.js }' },
    message: /runs\.using "node20" is not supported here; supported: composite, node24/,
  },
  {
    what: 'a bundle that is not built',
    files: { 'a/action.yml': 'runs: { using: node24, main: dist/index.js }' },
    message: /dist\/index\.js does not exist\. Build it with: npm run build/,
  },
  {
    what: 'a step without shell',
    files: { 'a/action.yml': composite('- run: echo') },
    message: /Line: 7.*Required property is missing: shell/s,
  },
  {
    what: 'an unknown context',
    files: { 'a/action.yml': composite("- { run: echo, shell: bash, if: secrets.x == '1' }") },
    message: /Unrecognized named-value: 'secrets'/,
  },
  {
    what: 'an unknown key',
    files: { 'a/action.yml': composite('- { run: echo, shell: bash, timeout-minutes: 3 }') },
    message: /Unexpected value 'timeout-minutes'/,
  },
  {
    what: 'a step id used twice',
    files: { 'a/action.yml': composite('- { id: x, run: echo, shell: bash }\n- { id: X, run: echo, shell: bash }') },
    message: /step id 'X' is used twice/,
  },
  {
    what: 'an expression in post-if',
    files: { 'a/action.yml': 'runs: { using: node24, main: m.js, post: p.js, post-if: "${{ always() }}" }' },
    message: /write post-if without/,
  },
];

for (const { what, files, message } of refused) {
  test(`refused by name before anything runs: ${what}`, async () => {
    await using fixture = runnerFixture(files);
    const report = await fixture.run('a');
    assert.equal(report.conclusion, 'failure');
    assert.match(report.error ?? '', message);
    assert.deepEqual(report.steps, []);
  });
}

test('an unknown shell fails its step by name', async () => {
  await using fixture = runnerFixture({ 'a/action.yml': composite('- { id: x, run: echo, shell: fish }') });
  const report = await fixture.run('a');
  assert.match(report.steps[0]?.error ?? '', /shell: fish is not supported here/);
});

test('nine nested composites run, ten do not', async () => {
  const levels = (count: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `l${index}/action.yml`,
        composite(index + 1 < count ? `- uses: $/l${index + 1}` : '- { run: echo deepest, shell: sh }'),
      ]),
    );
  await using allowed = runnerFixture(levels(9));
  assert.deepEqual((await allowed.run('l0')).lines, ['deepest']);
  await using tooDeep = runnerFixture(levels(10));
  assert.match((await tooDeep.run('l0')).error ?? '', /nested deeper than GitHub allows \(9 composites\)/);
});

test('another repository may be given as a folder, and its own $/ stays inside it', async () => {
  await using other = runnerFixture({
    'tool/action.yml': composite('- uses: $/inner'),
    'inner/action.yml': composite(
      "- run: echo ${{ github.action_path }}\n  shell: sh\n  env: { REF: '${{ github.action_ref }}' }",
    ),
  });
  await using fixture = runnerFixture({ 'a/action.yml': composite('- uses: other/tools/tool@v2') });
  const report = await fixture.run('a', {
    repositories: [{ name: 'other/tools', ref: 'v2', directory: other.directory }],
  });
  assert.deepEqual(report.lines, [`${other.directory}/inner`]);
});

test('a ./ action comes from the workspace when it is reached; unexpected and deprecated inputs only warn', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      '- shell: sh\n  run: mkdir local && cp "$GITHUB_ACTION_PATH/../template/action.yml" local\n- { uses: ./local, with: { old: 1, strange: 2 } }',
    ),
    'template/action.yml': composite(
      '- { run: echo found, shell: sh }',
      'inputs: { old: { deprecationMessage: use new } }',
    ),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.lines, ['found']);
  const warnings = report.annotations.map(({ message }) => message);
  assert.deepEqual(warnings, [
    "Input 'old' has been deprecated with message: use new",
    "Unexpected input(s) 'strange', valid inputs are ['old']",
  ]);
});
