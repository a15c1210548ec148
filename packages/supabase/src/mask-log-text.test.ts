import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskLogText } from './mask-log-text.ts';

const jwt = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxIn0'}.${'c2lnbmF0dXJl'}`;

for (const { text, shown } of [
  { text: 'TypeError: cannot read properties of undefined', shown: 'TypeError: cannot read properties of undefined' },
  {
    text: 'token expired for execution 0f0e0d0c-1111-4222-8333-abcdefabcdef',
    shown: 'token expired for execution 0f0e0d0c-1111-4222-8333-abcdefabcdef',
  },
  { text: `user ${jwt} refused`, shown: 'user *** refused' },
  { text: 'Authorization: Bearer abc123def456', shown: 'Authorization: ***' },
  { text: 'got bearer abc123def456', shown: 'got bearer ***' },
  { text: 'postgres://admin:hunter2@db.example:5432/x', shown: 'postgres://admin:***@db.example:5432/x' },
  { text: '{"api_key":"k-1","n":1}', shown: '{"api_key":"***","n":1}' },
  { text: 'mail to ada@example.com failed', shown: 'mail to ***@*** failed' },
  { text: 'key sk_live_51Habcdefgh is wrong', shown: 'key *** is wrong' },
  { text: `digest ${'ab12'.repeat(10)}.`, shown: 'digest ***.' },
  { text: 'the given one is known-value', shown: 'the given one is ***' },
  { text: '::error::\u001b[31mred\u202e', shown: '::error::red' },
]) {
  test(`a log line as it may be shown: ${shown}`, () => assert.equal(maskLogText(text, ['known-value']), shown));
}

test('a token across the end of what is shown is masked whole, and the line is bounded', () => {
  const shown = maskLogText(`${'x '.repeat(140)}${jwt}${' y'.repeat(400)}`, []);
  assert.ok(shown.length <= 300 && !shown.includes('eyJ'), shown);
});
