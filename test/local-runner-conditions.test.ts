// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

const fail = '- { id: broken, shell: bash, run: exit 3 }';
const say = (id: string, rest: string): string => `- id: ${id}\n  shell: bash\n  run: echo ${id}\n  ${rest}`;

test('after a failure only failure() and always() steps run, and outputs are still evaluated', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        '- { id: first, shell: bash, run: echo x=1 >> $GITHUB_OUTPUT; exit 3 }',
        say('skipped', 'continue-on-error: true'),
        say('onFailure', 'if: failure()'),
        say('always', "if: always() && steps.skipped.outcome == 'skipped'"),
        say('job', "if: always() && job.status == 'success' && github.action_status == 'failure'"),
        say('never', 'if: cancelled()'),
        say('missing', "if: always() && steps.nowhere.outputs.x == ''"),
      ].join('\n'),
      "outputs: { x: { value: '${{ steps.first.outputs.x }}-${{ steps.first.conclusion }}' } }",
    ),
  });
  const report = await fixture.run('a');
  assert.equal(report.conclusion, 'failure');
  assert.deepEqual(report.lines, ['onFailure', 'always', 'job', 'missing']);
  assert.deepEqual(report.outputs, { x: '1-failure' });
  assert.deepEqual(report.errors, ['Process completed with exit code 3.']);
});

test('inside a nested composite that starts after a failure success() is true again', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(`${fail}\n- { id: nested, uses: $/b, if: failure() }`),
    'b/action.yml': composite(say('inner', 'if: success()')),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.lines, ['inner']);
  assert.equal(report.conclusion, 'failure');
});

test('a condition that throws fails its step and ends the composite, even always() steps', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        "- id: throws\n  shell: bash\n  run: echo no\n  if: always() && fromJSON('{')",
        say('after', 'if: always()'),
      ].join('\n'),
      "outputs: { state: { value: 'after ${{ steps.after.outcome }}, ${{ steps.throws.outcome }}' } }",
    ),
    'outer/action.yml': composite(`- { id: inner, uses: $/a }\n${say('then', 'if: always()')}`),
  });
  const report = await fixture.run('outer');
  assert.deepEqual(report.lines, ['then']);
  assert.equal(report.conclusion, 'failure');
  const inner = report.steps.find((step) => step.id === 'inner');
  assert.equal(inner?.outputs.state, 'after , failure');
});

test('continue-on-error keeps the outcome, changes the conclusion, and counts as false when it throws or is a text', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        '- { id: soft, shell: bash, run: exit 1, continue-on-error: true }',
        "- { id: computed, shell: bash, run: exit 1, continue-on-error: '${{ inputs.soft == true || inputs.soft }}' }",
        say('after', 'if: always()'),
      ].join('\n'),
      `inputs: { soft: { default: 'true' } }
outputs:
  soft: { value: '\${{ steps.soft.outcome }}/\${{ steps.soft.conclusion }}' }
  computed: { value: '\${{ steps.computed.outcome }}/\${{ steps.computed.conclusion }}' }`,
    ),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.outputs, { soft: 'failure/success', computed: 'failure/failure' });
  assert.equal(report.conclusion, 'failure');
  assert.ok(report.errors.includes('A boolean value was expected.'));
});

test('a step env that throws is noted, the step runs all the same and ends as failure', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite('- id: x\n  shell: bash\n  run: echo ran\n  env: { BAD: "${{ fromJSON(\'\') }}" }'),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.lines, ['ran']);
  assert.equal(report.conclusion, 'failure');
});

test('a throwing output fails the composite', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(say('x', ''), 'outputs: { y: { value: "${{ fromJSON(steps.x.outputs.none) }}" } }'),
  });
  const report = await fixture.run('a');
  assert.equal(report.conclusion, 'failure');
  assert.deepEqual(report.outputs, {});
});

test('an if wrapped in text is always true, as on GitHub', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(say('x', "if: ${{ false }} && 'never'")),
  });
  assert.deepEqual((await fixture.run('a')).lines, ['x']);
});

test('post steps run in reverse order, only for actions that were reached, on the status of the job', async () => {
  const node = (extra: string): string => `runs: { using: node24, main: main.js, post: post.js${extra} }`;
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        '- { id: one, uses: $/n/plain }',
        '- { id: two, uses: $/nested }',
        '- { id: three, uses: $/n/onFailure }',
        fail,
        '- { id: four, uses: $/n/plain }',
      ].join('\n'),
    ),
    'nested/action.yml': composite('- { id: inner, uses: $/n/onSuccess }\n- { id: last, uses: $/n/plain }'),
    'n/plain/action.yml': node(''),
    'n/onFailure/action.yml': node(', post-if: failure()'),
    'n/onSuccess/action.yml': node(', post-if: success()'),
    ...Object.fromEntries(
      ['plain', 'onFailure', 'onSuccess'].flatMap((name) => [
        [`n/${name}/main.js`, ''],
        [`n/${name}/post.js`, `console.log('post ${name}')`],
      ]),
    ),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.lines, ['post onFailure', 'post plain', 'post plain']);
  const post = report.steps
    .filter((step) => step.stage === 'post')
    .map((step) => `${step.path.join('/')} ${step.conclusion}`);
  assert.deepEqual(post, [
    'a/three success',
    'a/two/last success',
    'a/two/inner skipped',
    'a/two success',
    'a/one success',
    'a success',
  ]);
});

test('a failing post step makes the run red', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': 'runs: { using: node24, main: main.js, post: post.js }',
    'a/main.js': '',
    'a/post.js': 'process.exitCode = 1',
  });
  assert.equal((await fixture.run('a')).conclusion, 'failure');
});
