import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BrokenObjects, newlyBroken } from './broken-objects.ts';

function look(views: Partial<BrokenObjects['views']>, functions: Partial<BrokenObjects['functions']>): BrokenObjects {
  return {
    views: { broken: new Map(), unread: [], looked: 0, total: 0, ...views },
    functions: { broken: new Map(), checked: 0, unchecked: [], ...functions },
  };
}

test('only what was looked at and fitted before, and what is new, can be newly broken', () => {
  const before = look(
    { broken: new Map([['public.ill', '42703']]), unread: ['public.last'], looked: 1, total: 3 },
    { broken: new Map([['public.ill()', 'no x']]), unchecked: ['public.last()'], checked: 2 },
  );
  // Something was dropped, so the last ones are looked at now.
  const told = newlyBroken(
    before,
    look(
      { broken: new Map(['ill', 'last', 'well', 'made'].map((name) => [`public.${name}`, '42703'])), total: 4 },
      { broken: new Map(['ill', 'last', 'well', 'made'].map((name) => [`public.${name}()`, 'no x'])), checked: 4 },
    ),
  );
  assert.deepEqual(told.faults, [
    'view public.well cannot be read any more (SQLSTATE 42703)',
    'view public.made cannot be read any more (SQLSTATE 42703)',
    'function public.well() does not fit the schema any more: no x',
    'function public.made() does not fit the schema any more: no x',
  ]);
  assert.deepEqual(told.passed, []);
  const well = newlyBroken(before, look({ looked: 500, total: 620 }, { checked: 300, unchecked: ['a', 'b'] }));
  assert.deepEqual(well, {
    faults: [],
    passed: [
      '500 of 620 views can be read as before',
      'the bodies of 300 of 302 functions fit as before (of PL/pgSQL the syntax)',
    ],
  });
});
