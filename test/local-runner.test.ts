// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

test('a composite runs bash steps, nested composites by $/ and node24 actions, and gives its outputs', async () => {
  await using fixture = runnerFixture({
    'deploy/action.yml': composite(
      `
- id: greet
  shell: bash
  run: |
    echo "hello \${{ inputs.who }}"
    echo "text=it's \${{ inputs.who }}" >> "$GITHUB_OUTPUT"
- id: nested
  uses: $/rollback
  with: { from: '\${{ steps.greet.outputs.text }}' }
`,
      `inputs: { who: { default: '\${{ github.actor }}' } }
outputs:
  text: { value: '\${{ steps.nested.outputs.said }}' }`,
    ),
    'rollback/action.yml': composite(
      `
- id: node
  uses: $/actions/say
  with: { word: '\${{ inputs.from }}', flag: true }
`,
      `inputs: { from: { required: true } }
outputs: { said: { value: '\${{ steps.node.outputs.said }}' } }`,
    ),
    'actions/say/action.yml':
      'inputs: { word: {}, flag: {}, rest: { default: d }, token: { default: "${{ github.token }}" } }\nruns: { using: node24, main: main.js, pre: pre.js, post: post.js, post-if: success() }',
    'actions/say/pre.js':
      "import { appendFileSync as add } from 'node:fs'; console.log('pre', process.env.INPUT_WORD); add(process.env.GITHUB_STATE, 'from=pre\\n');",
    'actions/say/main.js': `import { appendFileSync as add } from 'node:fs';
      const { INPUT_WORD, INPUT_FLAG, INPUT_REST, INPUT_TOKEN, STATE_from, GITHUB_ACTION_REPOSITORY } = process.env;
      add(process.env.GITHUB_OUTPUT, ['said<<E', [INPUT_WORD, INPUT_FLAG, INPUT_REST, STATE_from, GITHUB_ACTION_REPOSITORY].join('|'), 'E', ''].join('\\n'));
      add(process.env.GITHUB_STATE, 'more=main\\n');
      console.log('token', INPUT_TOKEN, process.version);`,
    'actions/say/post.js':
      "console.log('post', process.env.STATE_from, process.env.STATE_more, process.env.INPUT_WORD)",
  });
  const report = await fixture.run('deploy', { inputs: { who: 'world' } });
  assert.deepEqual(report.errors, []);
  assert.equal(report.conclusion, 'success');
  assert.equal(report.outputs.text, "it's world|true|d|pre|org/ops-actions");
  assert.deepEqual(
    report.lines.map((line) => line.replace(/v24\S*/, 'v24')),
    ['pre ', 'hello world', 'token *** v24', "post pre main it's world"],
  );
  assert.deepEqual(
    report.steps.map((step) => `${step.stage} ${step.path.join('/')} ${step.conclusion}`),
    [
      'pre deploy/nested/node success',
      'pre deploy/nested success',
      'pre deploy success',
      'main deploy/greet success',
      'main deploy/nested/node success',
      'main deploy/nested success',
      'main deploy success',
      'post deploy/nested/node success',
      'post deploy/nested success',
      'post deploy success',
    ],
  );
});
