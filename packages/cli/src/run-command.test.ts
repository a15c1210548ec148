import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { repositoryOf } from './run-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'run-command-'));
const starter =
  "import { Command } from 'commander'; const { registerRun } = await import('./packages/cli/src/run-command.ts'); const program = new Command(); registerRun(program); await program.parseAsync(process.argv.slice(1), { from: 'user' });";

const actions = {
  good: `inputs: { word: {}, token: {} }
outputs: { decision: { value: '\${{ steps.x.outputs.decision }}' } }
runs:
  using: composite
  steps:
    - id: x
      name: Say it
      shell: bash
      env: { TOKEN: '\${{ inputs.token }}' }
      run: |
        echo "\${{ inputs.word }} \${{ github.event.ref }} $TOKEN"
        echo decision=fine >> $GITHUB_OUTPUT`,
  other: 'runs: { using: composite, steps: [{ uses: acme/tools/no@v2, continue-on-error: true }] }',
  no: 'runs: { using: composite, steps: [{ shell: sh, run: exit 1 }] }',
  unsupported: 'runs: { using: node20, main: x.js }',
  waits: `runs:
  using: composite
  steps:
    - { id: wait, shell: bash, run: "trap 'exit 0' INT; echo up; while true; do sleep 0.05; done" }
    - { shell: bash, if: always(), run: echo cleaned }`,
};

before(() => {
  for (const [name, body] of Object.entries(actions)) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'action.yml'), `name: x\ndescription: x\n${body}`);
  }
  writeFileSync(join(folder, 'event.json'), '{"ref":"refs/tags/v9"}');
});
after(() => rmSync(folder, { recursive: true, force: true }));

function start(words: string[], environment: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, ['--input-type=module', '-e', starter, 'run', ...words, '--workspace', folder], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function call(
  words: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; out: string; err: string }> {
  const child = start(words, environment);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

test('a good run prints steps, lines and outputs with the secret masked, and ends with 0', async () => {
  const { code, out, err } = await call(
    [
      join(folder, 'good'),
      '--input',
      'word=hello',
      '--input-from-env',
      'token=MY_TOKEN',
      '--event',
      join(folder, 'event.json'),
    ],
    { MY_TOKEN: 'tok-secret-1' },
  );
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.match(out, /▶ Say it {2}\[x\]\n {2}hello refs\/tags\/v9 \*\*\*\n✓ success in \d+\.\d s\n/);
  assert.match(out, /\ndecision: fine\nconclusion: success\n$/);
});

test('--json prints one event per line and the report last', async () => {
  const { code, out } = await call([join(folder, 'no'), '--json']);
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(code, 1);
  assert.equal(events.at(-1).kind, 'report');
  assert.equal(events.at(-1).conclusion, 'failure');
  assert.deepEqual(
    new Set(events.map((event) => event.kind)),
    new Set(['step-started', 'annotation', 'step-ended', 'report']),
  );
});

test('wrong use is 2 and says everything; what cannot be run is 3 and named', async () => {
  const secretInCall = await call([join(folder, 'good'), '--input', 'token=tok-secret-2', '--input', 'wrod=1']);
  assert.equal(secretInCall.code, 2);
  assert.match(secretInCall.err, /--input-from-env token=TOKEN/);
  assert.match(secretInCall.err, /no input "wrod"/);
  assert.doesNotMatch(secretInCall.err + secretInCall.out, /tok-secret-2/);
  const missing = await call(['./nowhere']);
  assert.equal(missing.code, 2);
  assert.match(missing.err, /there is no action\.yml/);
  const unsupported = await call([join(folder, 'unsupported'), '--json']);
  assert.notEqual(unsupported.code, 0);
  assert.match(unsupported.err + unsupported.out, /node20.*not supported here/);
});

test('another repository is named with its folder, else the run says how', async () => {
  const without = await call([join(folder, 'other')]);
  assert.equal(without.code, 3);
  assert.match(without.out, /--uses acme\/tools@v2=FOLDER/);
  const given = await call([join(folder, 'other'), '--uses', `acme/tools@v2=${folder}`]);
  assert.equal(given.code, 0);
  assert.match(given.out, /failure, continues as success/);
  assert.equal((await call([join(folder, 'other'), '--uses', 'tools'])).code, 2);
});

test('Ctrl-C cancels the run: the step gets SIGINT, always() steps run, the exit code is 3', async () => {
  const child = start([join(folder, 'waits')]);
  let out = '';
  child.stdout?.on('data', (chunk) => {
    if (!out.includes('  up') && `${out}${chunk}`.includes('  up')) child.kill('SIGINT');
    out += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 3);
  assert.match(out, /■ cancelled.*cleaned.*conclusion: cancelled/s);
});

test('owner and name come from any common form of a remote address', () => {
  for (const remote of [
    'git@github.com:acme/app.git',
    'https://github.com/acme/app',
    'ssh://git@github.com/acme/app.git',
  ]) {
    assert.equal(repositoryOf(remote), 'acme/app');
  }
  assert.equal(repositoryOf(undefined), undefined);
});
