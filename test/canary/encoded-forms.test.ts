import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { betrayals } from './encoded-forms.ts';

const secret = 'cAnary/"&<+0123456789abcdef';
const encodings: Record<string, (text: string) => string> = {
  raw: (text) => text,
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  hex: (text) => Buffer.from(text).toString('hex'),
  percent: encodeURIComponent,
  JSON: JSON.stringify,
  'JSON twice': (text) => JSON.stringify(JSON.stringify(text)),
  HTML: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
};

for (const [name, encode] of Object.entries(encodings)) {
  it(`finds a secret in ${name}, wherever it stands`, () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, after) => {
        assert.equal(betrayals(encode(`${before}${secret}${after}`), { secret }).length, 1);
      }),
    );
  });
}

it('finds a piece of twelve characters and nothing in what is only similar', () => {
  assert.equal(betrayals(`token ${secret.slice(5, 17)}…`, { secret }).length, 1);
  assert.deepEqual(betrayals(`token ${secret.slice(5, 16)}…`, { secret }), []);
});
