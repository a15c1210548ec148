// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

const core = import.meta.resolve('@actions/core');

test("GitHub's own toolkit finds in this runner what it expects of the real one", async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      `
- id: kit
  uses: $/kit
  with: { some input: ' padded ', flag: TRUE, list: "a\\nb" }
- shell: bash
  run: echo "$EXPORTED|$(tool)"
`,
      "outputs: { text: { value: '${{ steps.kit.outputs.text }}' }, object: { value: '${{ steps.kit.outputs.object }}' } }",
    ),
    'kit/action.yml':
      'inputs: { "some input": {}, flag: {}, list: {} }\nruns: { using: node24, main: main.js, post: post.js }',
    'kit/main.js': `
      import { mkdirSync, writeFileSync } from 'node:fs';
      const core = await import(${JSON.stringify(core)});
      core.setOutput('text', 'one\\n%0A::error::two\\n');
      core.setOutput('object', { a: [1, null] });
      core.exportVariable('EXPORTED', 'x\\ny=z');
      core.saveState('kept', { b: 'state<<EOF' });
      core.setSecret('toolkit-secret');
      await core.group('Title', async () => core.info('inside toolkit-secret'));
      core.info([core.getInput('some input'), core.getBooleanInput('flag'), core.getMultilineInput('list').join('+'), core.isDebug()].join('|'));
      core.warning('careful: 100%\\nsecond', { title: 'a:b,c', file: 'x.ts', startLine: 7 });
      const folder = process.env.RUNNER_TEMP + '/kit-bin';
      mkdirSync(folder);
      writeFileSync(folder + '/tool', '#!/bin/sh\\necho from-tool', { mode: 0o755 });
      core.addPath(folder);
      await core.summary.addHeading('Summary of toolkit-secret').write();
      core.info(core.platform.isLinux + ' ' + core.getIDToken.name);`,
    'kit/post.js': `const core = await import(${JSON.stringify(core)});
      core.info('post ' + JSON.parse(core.getState('kept')).b);
      core.setFailed('post failed on purpose');`,
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.outputs, { text: 'one\n%0A::error::two\n', object: '{"a":[1,null]}' });
  assert.deepEqual(report.lines.slice(0, 4), ['##[group]Title', 'inside ***', '##[endgroup]', 'padded|true|a+b|false']);
  assert.ok(report.lines.includes('y=z|from-tool'));
  assert.ok(report.lines.includes('post state<<EOF'));
  const warning = report.annotations.find(({ level }) => level === 'warning');
  assert.deepEqual(warning, {
    level: 'warning',
    message: 'careful: 100%\nsecond',
    title: 'a:b,c',
    file: 'x.ts',
    line: 7,
    path: ['a', 'kit'],
  });
  const summaries = report.events.flatMap((event) => (event.kind === 'summary' ? [event.text] : []));
  assert.match(summaries.join(''), /<h1>Summary of \*\*\*<\/h1>/);
  assert.deepEqual(report.errors, ['post failed on purpose']);
  assert.equal(report.conclusion, 'failure');
});
