import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hideSecrets } from './hide-secrets.ts';

test('an empty or very short secret hides nothing (S15)', () => {
  const hide = hideSecrets(['', 'abc', 'correct-horse']);
  assert.equal(hide('abc of correct-horse'), 'abc of ***');
});

test('a secret inside a longer encoded text is hidden wherever it begins', () => {
  const secret = 'correct-horse-battery-staple';
  const hide = hideSecrets([secret]);
  for (const name of ['', 'a', 'ab', 'abc', 'user:']) {
    for (const encoding of ['base64', 'base64url'] as const) {
      const said = hide(Buffer.from(`${name}${secret}!`).toString(encoding));
      assert.match(said, /^.{0,8}\*\*\*.{0,8}$/, `${name} ${encoding}`);
    }
  }
});
