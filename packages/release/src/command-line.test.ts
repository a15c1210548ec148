import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandLine, commandOn, invocationOf } from './command-line.ts';
import { fromResolved } from './installed-from.ts';

test('A command line starts the version that runs, from wherever the runner says that it came', () => {
  const bundle = (folder: string) => `/home/runner/work/_actions/${folder}/actions/vercel-rollback/dist/index.js`;
  const cases: [string, string | undefined, string | undefined, string][] = [
    [bundle('acme/ops/1f2e3d'), undefined, undefined, 'npx github:acme/ops#1f2e3d'],
    [bundle('acme/ops/release/next'), 'actions/checkout', 'v5', 'npx github:acme/ops#release/next'],
    ['/work/dist/index.js', 'acme/ops', 'v1', 'npx github:acme/ops#v1'],
    ['/work/dist/index.js', 'acme/ops', '', 'npx github:acme/ops'],
    ['/work/dist/index.js', 'acme/ops', "v1'; touch x", 'npx github:acme/ops'],
    ['/work/dist/index.js', '', '', 'npx github:org/ops-actions'],
    ['/work/dist/index.js', '$/actions/x', 'v1', 'npx github:org/ops-actions'],
    ['/work/dist/index.js', 'org/ops-actions', 'local', 'npx ops-actions'],
    ['/checkout/bin/ops-actions.js', undefined, undefined, 'npx ops-actions'],
    ['/cache/node_modules/ops-actions/bin/ops-actions.js', undefined, undefined, 'npx github:org/ops-actions'],
  ];
  const installed = fromResolved(`git+ssh://git@github.com/acme/ops.git#${'a'.repeat(40)}`);
  const script = '/cache/node_modules/ops-actions/actions/preflight/dist/index.js';
  assert.equal(invocationOf({ script, repository: 'org/ops-actions', ref: 'local' }), 'npx github:org/ops-actions');
  assert.equal(
    invocationOf({ script, repository: 'org/ops-actions', ref: 'local', installed }),
    `npx github:acme/ops#${'a'.repeat(40)}`,
  );
  for (const [script, repository, ref, expected] of cases) {
    assert.equal(invocationOf({ script, repository, ref }), expected);
  }
});

test('Foreign text stays one word of the shell', () => {
  assert.match(commandLine('unlock', { environment: 'production' }), / unlock --environment production$/);
  assert.match(
    commandLine('lock', { environment: "a'; touch x #", reason: 'rolled back' }),
    / --environment 'a'\\''; touch x #' --reason 'rolled back'$/,
  );
  assert.match(commandLine('rollback', { target: '<one of them>' }), / --target <one of them>$/);
  assert.match(commandLine('lock', { reason: '\u001b[31mred\nline' }), / --reason 'red line'$/);
});

test('A command on an environment that the workflow file marks throw-away says so, and only there', () => {
  const cases: [string, boolean, string][] = [
    ['production', true, '--environment production'],
    ['qa', true, '--environment qa'],
    ['qa', false, '--environment qa --throw-away'],
    // Its name says that it is not production.
    ['staging', false, '--environment staging'],
  ];
  for (const [environment, production, words] of cases)
    assert.ok(commandOn({ environment, production }, 'unlock').endsWith(` unlock ${words}`), environment);
  const line = commandOn({ environment: 'qa', production: false }, 'rollback', { target: 'dpl_1' });
  assert.match(line, / rollback --environment qa --throw-away --target dpl_1$/);
});

test("npm's record names repository and commit, by either way of fetching; what is no commit on GitHub is not guessed", () => {
  const ref = '0123456789abcdef0123456789abcdef01234567';
  for (const from of [
    'git+ssh://git@github.com/acme/ops.git',
    'git+https://github.com/acme/ops.git',
    'git+https://github.com/acme/ops',
  ])
    assert.deepEqual(fromResolved(`${from}#${ref}`), { repository: 'acme/ops', ref });
  for (const none of [
    '',
    'https://registry.example/ops-actions-1.0.0.tgz',
    `git+https://evil.example/acme/ops.git#${ref}`,
    'git+https://github.com/acme/ops.git#v1',
  ])
    assert.equal(fromResolved(none), undefined, none);
});
