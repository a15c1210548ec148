import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { runBackendCommand, secretValues } from './run-backend-command.ts';

const token = 'canary-of-the-backend';
const subject = {
  environment: 'production',
  version: 'v1.0.0',
  commit: 'c1',
  deploymentId: 'dpl_1',
  fromVersion: 'v1.1.0',
  reason: `'; touch x #`,
};

async function run(command: string, more: { deadlineMs?: number; variables?: Record<string, string> } = {}) {
  const lines: string[] = [];
  const outcome = await runBackendCommand(command, subject, {
    workspace: tmpdir(),
    deadlineMs: 20_000,
    token,
    variables: {},
    signal: new AbortController().signal,
    log: (line) => lines.push(line),
    ...more,
  });
  return { outcome, lines };
}

test('a command hears the target by its environment alone, and nothing of the run beside it (S13)', async () => {
  process.env.INPUT_CANARY = 'not-for-commands';
  const { outcome, lines } = await run('env', { variables: { AWS_REGION: 'eu-central-1' } });
  delete process.env.INPUT_CANARY;
  assert.equal(outcome.ok, true);
  const heard = lines.filter((line) => /^(OPS_ACTIONS|AWS|BACKEND)_/.test(line)).toSorted();
  assert.deepEqual(heard, [
    'AWS_REGION=eu-central-1',
    'BACKEND_TOKEN=***',
    'OPS_ACTIONS_COMMIT=c1',
    'OPS_ACTIONS_DEPLOYMENT_ID=dpl_1',
    'OPS_ACTIONS_ENVIRONMENT=production',
    'OPS_ACTIONS_FROM_VERSION=v1.1.0',
    `OPS_ACTIONS_REASON='; touch x #`,
    'OPS_ACTIONS_VERSION=v1.0.0',
  ]);
  assert.doesNotMatch(lines.join('\n'), /not-for-commands|GITHUB_|INPUT_/);
});

test('what was told in confidence is taken out of what a command prints, in its encodings too', async () => {
  const { lines } = await run(`sh -c 'echo "$BACKEND_TOKEN"; printf %s "$BACKEND_TOKEN" | base64; echo "$MY_KEY"'`, {
    variables: { MY_KEY: 'another-canary' },
  });
  assert.deepEqual(lines, ['***', '***', '***']);
});

test('a variable that is named for what it opens is a secret, one that says where is none', () => {
  const names = [
    'SSH_PASSPHRASE',
    'DOCKER_AUTH_CONFIG',
    'GITLAB_PAT',
    'DATABASE_URI',
    'KUBECONFIG',
    'AWS_SESSION_TOKEN',
  ];
  assert.deepEqual(
    secretValues(Object.fromEntries(names.map((name) => [name, name.toLowerCase()]))).length,
    names.length,
  );
  assert.deepEqual(secretValues({ AWS_REGION: 'eu-central-1', SERVICE: 'notes', REPLICAS: '3', PATTERN: 'a' }), []);
});

test('an exit code, a deadline and a program that is not there are outcomes with their names', async () => {
  const failed = (await run('sh -c "exit 3"')).outcome;
  assert.deepEqual(failed.ok ? '' : [failed.reasonCode, /exit code 3/.test(failed.message)], [
    'backend_command_failed',
    true,
  ]);
  const late = (await run('sleep 30', { deadlineMs: 50 })).outcome;
  assert.equal(late.ok ? '' : late.reasonCode, 'backend_timed_out');
  const missing = (await run('no-such-program-of-anybody')).outcome;
  assert.equal(missing.ok ? '' : missing.reasonCode, 'backend_command_not_started');
});
