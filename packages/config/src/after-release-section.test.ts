import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, loadConfig } from './load-config.ts';

const window = { name: 'watch', from: '0m', until: '15m', require: ['error-rate below 1%'] };

async function load(afterRelease: object) {
  const text = JSON.stringify({ 'after-release': afterRelease });
  const readReference = async () => assert.fail('nothing is fetched');
  const given = { file: 'ops.yml', text, environment: 'production', throwAway: false, readReference };
  return (await loadConfig(given)).settings.afterRelease;
}

test('windows and sign-off are read in milliseconds, as shares and by name', async () => {
  const read = await load({
    windows: [window],
    'sign-off': ['stable-24h'],
    tolerance: '10%',
    'confirmed-by': ['alice'],
  });
  assert.deepEqual(read, {
    windows: [{ ...window, from: 0, until: 900_000 }],
    signOff: ['stable-24h'],
    tolerance: 0.1,
    confirmedBy: ['alice'],
  });
});

for (const { name, given, says } of [
  {
    name: 'that ends before it begins',
    given: { windows: [{ ...window, from: '20m' }] },
    says: /must end after it begins/,
  },
  { name: 'of one name', given: { windows: [window, window] }, says: /two windows of one name/ },
  {
    name: 'that asks for the bad',
    given: { windows: [{ ...window, require: ['error-rate above 1%'] }] },
    says: /says what must not be: write "below"/,
  },
  { name: 'with a long name', given: { windows: [{ ...window, name: 'The first quarter' }] }, says: /a short name/ },
  { name: 'that asks for nothing', given: { windows: [{ ...window, require: [] }] }, says: /asks for nothing/ },
]) {
  test(`a window ${name} is refused`, async () => {
    await assert.rejects(load(given), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.problems.map(({ message, allowed }) => `${message} ${allowed}`).join('\n'), says);
      return true;
    });
  });
}
