import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutFilling } from './foreign-views.ts';

test('the materialized views that were not filled are expected so, the others as they were', () => {
  const digest = '0'.repeat(32);
  const definitions = [
    `materialized view public.a ${digest}`,
    `materialized view public."a b" not populated ${digest}`,
    `view public.a ${digest}`,
  ];
  const contents = { relations: [], definitions, tables: [], largeObjects: 0 };
  const [a, b, view] = withoutFilling(contents, ['public.a']).definitions;
  assert.deepEqual([a, b, view], [`materialized view public.a not populated ${digest}`, ...definitions.slice(1)]);
  assert.deepEqual(withoutFilling(contents).definitions, [a, b, view]);
  assert.deepEqual(withoutFilling(contents, []).definitions, definitions);
});
