// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub writes its expressions like this
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { composite, runnerFixture } from './local-runner-fixture.ts';

const bash = (id: string, script: string, rest = ''): string =>
  `- id: ${id}\n  shell: bash\n  ${rest}\n  run: |\n${script.replace(/^/gm, '    ')}`;

test('GITHUB_ENV, GITHUB_PATH and outputs travel to later steps; NODE_OPTIONS does not', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        bash(
          'write',
          'mkdir -p "$RUNNER_TEMP/bin"\nprintf "#!/bin/sh\\necho tool" > "$RUNNER_TEMP/bin/a-tool"\nchmod +x "$RUNNER_TEMP/bin/a-tool"\necho "$RUNNER_TEMP/bin" >> "$GITHUB_PATH"\nprintf "LINES<<X\\na\\nb\\nX\\nNODE_OPTIONS=--bad\\nLower=1\\n" >> "$GITHUB_ENV"',
        ),
        bash('read', 'echo "$LINES"\na-tool\necho "options=$NODE_OPTIONS"\necho "${{ env.Lower }}-${{ env.lower }}"'),
      ].join('\n'),
    ),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.lines, ['a', 'b', 'tool', 'options=', '1-']);
  assert.deepEqual(report.errors, ["Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command."]);
});

test('a malformed output file fails the step; what stood before the mistake counts', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      bash('x', 'printf "good=1\\nbad\\nlater=2\\n" >> "$GITHUB_OUTPUT"'),
      "outputs: { all: { value: '${{ toJSON(steps.x.outputs) }}' } }",
    ),
  });
  const report = await fixture.run('a');
  assert.equal(report.conclusion, 'failure');
  assert.deepEqual(JSON.parse(report.outputs.all ?? ''), { good: '1' });
  assert.ok(report.errors.includes("Invalid format 'bad'"));
});

test('secrets are masked in lines, events, annotations, summaries, names and encodings; line by line', async () => {
  const secret = 'first-line-secret\nsecond-line-secret';
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        bash(
          'x',
          'echo "::add-mask::late-secret"\necho "late-secret"\necho "$SECRET"\nprintf "%s" "second-line-secret" | base64\necho "::error title=late-secret::second-line-secret"\necho "see first-line-secret" >> "$GITHUB_STEP_SUMMARY"\necho "leak=late-secret" >> "$GITHUB_OUTPUT"',
          'name: Say ${{ env.SECRET }}',
        ),
      ].join('\n'),
      "outputs: { leak: { value: '${{ steps.x.outputs.leak }}' }, fine: { value: ok } }",
    ),
  });
  const report = await fixture.run('a', { secrets: [secret], environment: { SECRET: secret } });
  assert.doesNotMatch(JSON.stringify(report), /first-line|second-line|late-secret|c2Vjb25kLWxpbmUtc2VjcmV0/);
  assert.deepEqual(report.outputs, { fine: 'ok' });
  assert.ok(report.annotations.some(({ message }) => message === "Skip output 'leak' since it may contain secret."));
  assert.deepEqual(report.lines, ['***', '***', '***', '***']);
});

test('workflow commands are obeyed, stop-commands stops them, disabled and unsupported ones fail the step', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(
      [
        bash(
          'x',
          'echo "::group::Title"\necho "::endgroup::"\necho "::set-output name=old::way"\necho "::warning file=a.ts,line=3,title=T%3A::two%0Alines"\necho "::unknown::text"\necho "::stop-commands::my-token-1"\necho "::error::shown as text"\necho "::my-token-1::"\necho "::notice::after"\necho "::debug::hidden"',
        ),
        bash('y', 'echo "::set-env name=A::b"', 'if: always()'),
        bash('z', 'echo "::add-matcher::file.json"', 'if: always()'),
      ].join('\n'),
      "outputs: { old: { value: '${{ steps.x.outputs.old }}' } }",
    ),
  });
  const report = await fixture.run('a');
  assert.deepEqual(report.outputs, { old: 'way' });
  assert.deepEqual(report.lines, [
    '##[group]Title',
    '##[endgroup]',
    '::unknown::text',
    '::stop-commands::my-token-1',
    '::error::shown as text',
    '::***::',
  ]);
  const warning = report.annotations.find(({ level }) => level === 'warning');
  assert.deepEqual(warning, {
    level: 'warning',
    message: 'two\nlines',
    title: 'T:',
    file: 'a.ts',
    line: 3,
    path: ['a', 'x'],
  });
  assert.ok(report.annotations.some(({ level, message }) => level === 'notice' && message === 'after'));
  assert.ok(report.errors.some((message) => message.includes("'set-env' command is disabled")));
  assert.ok(
    report.errors.some((message) => message.includes("'add-matcher' command is not supported by the local runner")),
  );
  assert.equal(report.steps.find((step) => step.id === 'y')?.conclusion, 'failure');
});

test('the job sees the variables of GitHub, nothing else of this machine, and its temporary folder is gone afterwards', async () => {
  await using fixture = runnerFixture({
    'a/action.yml': composite(bash('x', 'env')),
  });
  process.env.SECRET_OF_OTHER_WORK = 'x';
  const report = await fixture.run('a', {
    environment: { MINE: '1', ACTIONS_RUNTIME_TOKEN: 'runtime', ACTIONS_ID_TOKEN_REQUEST_URL: 'http://id' },
    event: { ref: 'x' },
    github: {
      repository: 'acme/app',
      sha: 'b'.repeat(40),
      ref: 'refs/tags/v1.2.0',
      runId: 9,
      runAttempt: 2,
      repositoryId: 5,
    },
  });
  delete process.env.SECRET_OF_OTHER_WORK;
  const seen = new Map(report.lines.map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1)]));
  assert.equal(seen.get('GITHUB_ACTIONS'), 'true');
  assert.equal(seen.get('CI'), 'true');
  assert.equal(seen.get('MINE'), '1');
  assert.equal(seen.get('GITHUB_REF_NAME'), 'v1.2.0');
  assert.equal(seen.get('GITHUB_REF_TYPE'), 'tag');
  assert.equal(seen.get('GITHUB_RUN_ID'), '9');
  assert.equal(seen.get('GITHUB_RUN_ATTEMPT'), '2');
  assert.equal(seen.get('GITHUB_REPOSITORY_ID'), '5');
  assert.equal(seen.get('GITHUB_WORKSPACE'), fixture.workspace);
  assert.equal(seen.get('RUNNER_ENVIRONMENT'), 'self-hosted');
  assert.equal(seen.get('ACTIONS_ID_TOKEN_REQUEST_URL'), 'http://id');
  assert.equal(seen.has('ACTIONS_RUNTIME_TOKEN'), false);
  assert.equal(seen.has('SECRET_OF_OTHER_WORK'), false);
  assert.equal(seen.has('INPUT_X'), false);
  const temp = seen.get('RUNNER_TEMP') ?? '';
  assert.ok(temp !== '' && !existsSync(temp));
});
