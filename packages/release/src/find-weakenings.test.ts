import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findWeakenings } from './find-weakenings.ts';

test('a reason is one bounded line, for it travels with the release through every step (S14)', () => {
  const settings = { environment: 'production', database: {} };
  const allowOlder = `hotfix\n::error::x\u202e ${'x'.repeat(20_000)}`;
  const connection = `sslmode=require: ${allowOlder}`;
  const [weakening, ofConnection, ...others] = findWeakenings({ settings, throwAway: false, allowOlder, connection });
  assert.deepEqual(others, []);
  assert.match(ofConnection?.text ?? '', /^sslmode=require: hotfix ::error::x x+…$/);
  assert.equal(weakening?.name, 'allow-older');
  assert.match(weakening?.text ?? '', /allow-older: hotfix ::error::x x+…\)$/);
  assert.ok((weakening?.text.length ?? 0) < 400);
});
