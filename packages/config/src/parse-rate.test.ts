import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatRate, parseRate } from './parse-rate.ts';

for (const { input, exp } of [
  { input: '2%', exp: 0.02 },
  { input: '2.3 %', exp: 0.023 },
  { input: '0.02', exp: 0.02 },
  { input: 0.02, exp: 0.02 },
  { input: '0%', exp: 0 },
  { input: 0, exp: 0 },
  { input: '100%', exp: 1 },
]) {
  test(`${input} is the share ${exp}`, () => assert.equal(parseRate(input), exp));
}

for (const input of ['', '2', 1, '101%', '-2%', 'two', '2%%', '.5', Number.NaN]) {
  test(`"${input}" is refused as a rate`, () => assert.throws(() => parseRate(input), /is not a rate: write per cent/));
}

test('what is formatted reads back as the same share', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000 }),
      (n) => Math.abs(parseRate(formatRate(n / 10_000)) - n / 10_000) < 1e-12,
    ),
  );
});
