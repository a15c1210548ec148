import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayBeMasked } from '../src/may-be-masked.ts';

for (const [value, masked] of [
  ['canary-1f2e3d4c', true],
  ['postgres://user:word@host/db', true],
  ['sk_live_51H', true],
  ['production', false],
  ['eu-central', false],
  ['2026-01-24', false],
  ['short1!', false],
] as const) {
  test(`${value} is ${masked ? '' : 'not '}masked`, () => assert.equal(mayBeMasked(value), masked));
}
