import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { cleanText } from './text.ts';

for (const [name, given, expected] of [
  ['ANSI colours', '\u001b[31mred\u001b[0m', 'red'],
  ['a hyperlink sequence', '\u001b]8;;http://x\u0007text\u001b]8;;\u0007', 'text'],
  ['line ends', 'a\r\n::error::b', 'a ::error::b'],
  ['bidi overrides', 'ab\u202etxt\u2066c', 'abtxtc'],
  ['zero width characters', 'a\u200bb\ufeffc', 'abc'],
  ['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
] as const) {
  it(`removes ${name}`, () => assert.equal(cleanText(given), expected));
}

it('bounds the length and says so', () => {
  assert.equal(cleanText('x'.repeat(50), 10), `${'x'.repeat(9)}…`);
  assert.equal(cleanText('x'.repeat(10), 10), 'x'.repeat(10));
});

it('never leaves a control character and never exceeds its length, whatever it is given', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.integer({ min: 1, max: 100 }), (text, length) => {
      const clean = cleanText(text, length);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
      assert.doesNotMatch(clean, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/);
      assert.ok(clean.length <= length);
    }),
  );
});
