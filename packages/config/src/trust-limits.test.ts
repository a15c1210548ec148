import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ConfigError, loadConfig } from './load-config.ts';
import { isProduction } from './trust-limits.ts';

async function load(text: string, environment: string, throwAway = false) {
  const readReference = async () => ({ file: 'none', text: '' });
  return await loadConfig({ file: 'ops.yml', text, environment, throwAway, readReference });
}

async function messageOf(text: string, environment: string, throwAway = false): Promise<string> {
  try {
    await load(text, environment, throwAway);
    return '';
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
}

for (const { text, message } of [
  {
    text: 'watch: { on-no-data: pass }',
    message: /watch\.on-no-data: pass is refused.*Only the workflow file.*on-no-data/,
  },
  {
    text: 'database: { backup: { policy: skip } }',
    message: /backup\.policy: skip is refused.*throw-away: true/,
  },
  { text: 'database: { backup: { policy: platform } }', message: /backup\.policy: platform is refused/ },
  {
    text: 'database: { backup: { verify: checksum } }',
    message: /backup\.verify: checksum is refused.*when it was restored/,
  },
  { text: 'database: { backup: { verify: structure } }', message: /backup\.verify: structure is refused/ },
]) {
  test(`${text} is refused for production and only there`, async () => {
    for (const environment of ['production', 'prod', 'qa', 'Staging', 'live'])
      assert.match(await messageOf(text, environment), message);
    for (const environment of ['staging', 'preview', 'development'])
      assert.equal(await messageOf(text, environment), '');
    assert.equal(await messageOf(text, 'qa', true), '');
  });
}

test('a weakening of another environment does not touch production', async () => {
  const text = 'environments: { production: {}, staging: { watch: { on-no-data: pass } } }';
  assert.equal((await load(text, 'production')).settings.watch.onNoData, undefined);
  assert.equal((await load(text, 'staging')).settings.watch.onNoData, 'pass');
});

for (const { key, message } of [
  { key: 'vercel-api-url', message: /addresses that tokens are sent to.*workflow file/ },
  { key: 'slack-api-url', message: /addresses that tokens are sent to/ },
  { key: 'api-url', message: /addresses that tokens are sent to/ },
  { key: 'age-recipients', message: /who can read the backups.*age-recipients in the workflow file/ },
  { key: 'token', message: /credentials and their names.*secrets in the workflow file/ },
  { key: 'vercel-token', message: /credentials and their names/ },
  { key: 'token-secret', message: /credentials and their names/ },
  { key: 'secrets', message: /credentials and their names/ },
  { key: 'database-url', message: /credentials and their names/ },
  { key: 'webhook-url', message: /credentials and their names/ },
  { key: 'throw-away', message: /only the workflow file may say.*throw-away/ },
  { key: 'allow-older', message: /only the workflow file may allow.*allow-older/ },
]) {
  test(`the key ${key} is refused by name wherever it stands`, async () => {
    for (const text of [
      `${key}: x`,
      `release: { ${key}: x }`,
      `environments: { staging: { vercel: { ${key}: x } } }`,
    ]) {
      assert.match(await messageOf(text, 'staging', true), message);
    }
  });
}

for (const secret of [
  'xoxb-1234-abcd-canarycanary',
  'postgres://user:canarycanary@db.example.com/app',
  'AGE-SECRET-KEY-1CANARYCANARY',
  'sbp_canarycanary00',
  'https://hooks.slack.com/services/T000/B000/canarycanary',
]) {
  test(`a secret of the form ${secret.slice(0, 9)}… is refused and never shown`, async () => {
    for (const text of [
      `slack: "${secret}"`,
      `watch: { window: "${secret}" }`,
      `smoke: echo ${secret}`,
      `vercel: { as: "${secret}" }`,
    ]) {
      const message = await messageOf(text, 'production');
      assert.match(message, /looks like a secret/);
      assert.ok(!/canary/i.test(message), message);
    }
  });
}

test('control characters of a file never reach a message', async () => {
  const hostile = '\\u001b]0;x\\u0007\\n::error::x\\u202e';
  for (const text of [
    `"${hostile}": 1`,
    `watch: { mode: "${hostile}" }`,
    `extends: "${hostile}"`,
    `environments: { "${hostile}": {} }`,
  ]) {
    const message = await messageOf(text, 'production');
    assert.notEqual(message, '');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    assert.doesNotMatch(message.replaceAll('\n', ''), /[\u0000-\u001f\u202e]/);
    assert.doesNotMatch(message, /^::/m);
  }
});

test('every environment is production unless named otherwise or marked by the workflow file', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const other = ['staging', 'preview', 'development'].includes(name);
      return isProduction(name, false) === !other && !isProduction(name, true);
    }),
  );
});
