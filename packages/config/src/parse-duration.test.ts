import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, parseDuration } from './parse-duration.ts';

for (const { input, exp } of [
  { input: '15m', exp: 900_000 },
  { input: '90s', exp: 90_000 },
  { input: '250ms', exp: 250 },
  { input: '1.5s', exp: 1_500 },
  { input: ' 7d ', exp: 604_800_000 },
  { input: '2w', exp: 1_209_600_000 },
  { input: '0s', exp: 0 },
]) {
  test(`${input} is ${exp} ms`, () => assert.equal(parseDuration(input), exp));
}

for (const input of ['', '15', 'm', '15 minutes', '-1s', '1h30m', '1e9d', '99999d', 'Infinitys', '١s']) {
  test(`"${input}" is refused as a duration`, () => {
    assert.throws(() => parseDuration(input), /is not a duration: write a number and a unit|longer than ten years/);
  });
}

test('what is formatted reads back as the same duration', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300_000_000_000 }), (ms) => parseDuration(formatDuration(ms)) === ms),
  );
});
