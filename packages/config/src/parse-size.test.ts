import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSize } from './parse-size.ts';

test('sizes are bytes in powers of 1024, and nothing else is a size', () => {
  assert.deepEqual(
    ['500MB', '1.5 gb', '0KB', '2TB'].map(parseSize),
    [524_288_000, 1_610_612_736, 0, 2_199_023_255_552],
  );
  for (const text of ['', '5', '-1GB', '1 PB', '1GB more', 'GB'])
    assert.throws(() => parseSize(text), /size such as/, text);
});
