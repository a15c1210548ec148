import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { libraryRoot } from './library-root.ts';
import { isSecretInput, RunUsageError, type RunWords, resolveRun, secretOfInput } from './run-inputs.ts';

const nothing: RunWords = { input: [], inputFromEnv: [], secret: [], env: [] };
const declared = [
  'environment',
  'vercel-token',
  'database-url',
  'protection-bypass-secret',
  'vercel-api-url',
  'github-token',
];

test('inputs, inputs from the environment, secrets and variables are told apart', () => {
  const resolved = resolveRun(
    {
      input: ['environment=production', 'vercel-api-url=http://127.0.0.1:1?a=b'],
      inputFromEnv: ['vercel-token=MY_TOKEN'],
      secret: ['DATABASE_URL', 'VERCEL_AUTOMATION_BYPASS_SECRET', 'GITHUB_TOKEN', 'OTHER_KEY'],
      env: ['LEVEL=3'],
    },
    declared,
    {
      MY_TOKEN: 'tok-1',
      DATABASE_URL: 'postgres://x',
      VERCEL_AUTOMATION_BYPASS_SECRET: 'bypass',
      GITHUB_TOKEN: 'ghs',
      OTHER_KEY: 'other',
    },
  );
  assert.deepEqual(resolved, {
    inputs: {
      environment: 'production',
      'vercel-api-url': 'http://127.0.0.1:1?a=b',
      'vercel-token': 'tok-1',
      'database-url': 'postgres://x',
      'protection-bypass-secret': 'bypass',
      'github-token': 'ghs',
    },
    environment: { LEVEL: '3', OTHER_KEY: 'other' },
    secrets: ['tok-1', 'postgres://x', 'bypass', 'ghs', 'other'],
    githubToken: 'ghs',
  });
});

test('all mistakes are said at once, and a secret value in the call is refused with the way to do it', () => {
  const call = () =>
    resolveRun(
      {
        input: ['vercel-token=abc123', 'typo=1', 'environment'],
        inputFromEnv: ['database-url=NOT_SET', 'vercel-token'],
        secret: ['ALSO_NOT_SET', 'TOKEN=value'],
        env: ['API_TOKEN=abc'],
      },
      declared,
      {},
    );
  assert.throws(call, (error) => {
    assert.ok(error instanceof RunUsageError);
    assert.equal(error.problems.length, 8);
    assert.match(error.message, /--input-from-env vercel-token=VERCEL_TOKEN/);
    assert.match(error.message, /no input "typo"\. It has: environment, vercel-token/);
    assert.match(error.message, /ALSO_NOT_SET is not set or empty/);
    assert.match(error.message, /--secret takes the name of an environment variable/);
    assert.doesNotMatch(error.message, /abc123|TOKEN=value/);
    return true;
  });
});

test('which inputs hold secrets', () => {
  const secret = [
    'vercel-token',
    'github-token',
    'token',
    'database-url',
    'staging-database-url',
    'source-headers',
    'webhook-url',
    'slack-webhook-url',
    'age-identity',
    'protection-bypass-secret',
    'target-url',
    's3-access-key-id',
    's3-secret-access-key',
  ];
  const open = [
    'environment',
    'vercel-api-url',
    'age-recipients',
    's3-endpoint',
    'base-url',
    'urls',
    'slack-channel',
    'release',
    'monkey',
  ];
  assert.deepEqual(
    secret.filter((name) => !isSecretInput(name)),
    [],
  );
  assert.deepEqual(open.filter(isSecretInput), []);
  assert.deepEqual(resolveRun({ ...nothing, input: ['vercel-token='] }, declared, {}).inputs, { 'vercel-token': '' });
});

test('a secret has one name, in the environment of a laptop as in the workflow of a release', () => {
  const workflow = readFileSync(join(libraryRoot, '.github/workflows/deploy-production.yml'), 'utf8');
  const given = [...workflow.matchAll(/^ {10}([a-z][\w-]*): \$\{\{ secrets\.(\w+) \}\}$/gm)];
  assert.ok(given.length > 20, `${given.length} secrets`);
  for (const [, input = '', secret] of given) assert.equal(secretOfInput(input), secret, input);

  const key = { SUPABASE_SERVICE_ROLE_KEY: 'sb_secret_1' };
  const words = { ...nothing, secret: Object.keys(key) };
  for (const input of ['data-api-key', 'source-key'])
    assert.deepEqual(resolveRun(words, [input], key).inputs, { [input]: 'sb_secret_1' });
});
