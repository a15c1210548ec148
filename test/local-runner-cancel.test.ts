// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunnerEvent } from '#local-runner/run-composite';
import { isGone } from '../packages/child-process/test/is-gone.ts';
import { composite, runnerFixture } from './local-runner-fixture.ts';

const sleeper = `
const timer = setInterval(() => {}, 1000);
process.on('SIGINT', () => { console.log('got SIGINT'); clearInterval(timer); });
`;

/** Aborts when a line appears. */
function whenLine(text: string): { signal: AbortSignal; onEvent: (event: RunnerEvent) => void } {
  const controller = new AbortController();
  return {
    signal: controller.signal,
    onEvent: (event) => {
      if (event.kind === 'line' && event.text === text) controller.abort();
    },
  };
}

const always = (text: string): string => `- shell: bash\n  if: always()\n  run: echo "${text}"`;

test('a cancelled step gets SIGINT, is cancelled whatever its exit code, and always() steps run afterwards', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      `- { id: wait, uses: $/n }
- { shell: bash, run: echo never }
- { shell: bash, if: failure(), run: echo nor }
${always('always ${{ steps.wait.outcome }} ${{ job.status }} ${{ github.action_status }}')}
- { shell: bash, if: cancelled(), run: echo cancelled }`,
      "outputs: { wait: { value: '${{ steps.wait.outputs.late }}' } }",
    ),
    'n/action.yml': 'runs: { using: node24, main: main.js, post: post.js }',
    'n/main.js': `import { appendFileSync } from 'node:fs';${sleeper}process.on('exit', () => appendFileSync(process.env.GITHUB_OUTPUT, 'late=written\\n')); console.log('up');`,
    'n/post.js': "console.log('post')",
  });
  const lines: string[] = [];
  const trigger = whenLine('up');
  const report = await fixture.run('a', {
    signal: trigger.signal,
    onEvent: (event) => {
      trigger.onEvent(event);
      if (event.kind === 'line') lines.push(event.text);
    },
  });
  assert.deepEqual(lines, ['up', 'got SIGINT', 'always cancelled cancelled cancelled', 'cancelled', 'post']);
  assert.equal(report.conclusion, 'cancelled');
  assert.deepEqual(report.outputs, { wait: 'written' });
});

test('a running always() step is left alone, and the step after it runs on success() because its composite did not fail', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      `- { id: one, shell: bash, if: always(), run: 'echo up; sleep 0.3; echo finished' }
- { id: two, shell: bash, run: echo two }`,
    ),
  });
  const trigger = whenLine('up');
  const lines: string[] = [];
  const report = await fixture.run('a', {
    signal: trigger.signal,
    onEvent: (event) => {
      trigger.onEvent(event);
      if (event.kind === 'line') lines.push(event.text);
    },
  });
  // CompositeActionHandler.cs: main steps of a composite look at action_status, which only its own steps change.
  assert.deepEqual(lines, ['up', 'finished', 'two']);
  assert.equal(report.conclusion, 'cancelled');
});

test('a run that is cancelled before it starts runs nothing', async () => {
  await using fixture = runnerFixture({ 'a/action.yml': composite('- { shell: bash, run: echo x }') });
  const report = await fixture.run('a', { signal: AbortSignal.abort() });
  assert.deepEqual([report.conclusion, report.lines], ['cancelled', []]);
});

test('a lost runner kills its processes and starts nothing more, not even always() or post steps', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(`- { id: wait, uses: $/n }\n${always('no')}`),
    'n/action.yml': 'runs: { using: node24, main: main.js, post: post.js }',
    'n/main.js': `for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => console.log(name));
      setInterval(() => {}, 1000); console.log('up')`,
    'n/post.js': "console.log('post')",
  });
  const trigger = whenLine('up');
  const lines: string[] = [];
  const report = await fixture.run('a', {
    lost: trigger.signal,
    onEvent: (event) => {
      trigger.onEvent(event);
      if (event.kind === 'line') lines.push(event.text);
    },
  });
  assert.deepEqual([report.conclusion, lines], ['cancelled', ['up']]);
});

test('what a step leaves running is gone when the run ends', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite("- { shell: bash, run: 'sleep 120 >/dev/null 2>&1 & echo $!' }"),
  });
  const { conclusion, lines } = await fixture.run('a');
  assert.equal(conclusion, 'success');
  assert.match(lines.join(), /^\d+$/);
  assert.ok(await isGone(Number(lines[0])));
});
