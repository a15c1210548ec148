import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commitBeforeFunctions, releasesSince, storedFunctions } from './plan-functions-back.ts';
import type { LedgerFact } from './release-record.ts';

const digest = 'a'.repeat(43);
const stored = (place: string): LedgerFact => ({
  step: 'functions',
  kind: 'intent',
  word: 'stored',
  text: `${place}#${digest}`,
  at: 1,
});

/** v1, v2 and v3 were promoted one after the other; v4 was opened and never promoted. */
const releases = [4, 3, 2, 1].map((id) => ({
  id,
  deploymentId: `dpl_${id}`,
  promotion: id === 4 ? ('none' as const) : ('promoted' as const),
  rollbackTarget: { deploymentId: `dpl_${id - 1}`, adopted: id === 1 },
  facts: [stored(`artifact:${id}/1`)],
}));

for (const { what, target, expected } of [
  { what: 'the release before', target: 'dpl_2', expected: [3, 4] },
  { what: 'two releases before', target: 'dpl_1', expected: [2, 3, 4] },
  { what: 'what serves now, after a release that died before its promotion', target: 'dpl_3', expected: [4] },
  { what: 'what ran before the first managed release', target: 'dpl_0', expected: [1, 2, 3, 4] },
  { what: 'a deployment that the ledger does not know', target: 'dpl_9', expected: undefined },
]) {
  test(`back to ${what}`, () => {
    assert.deepEqual(
      releasesSince(releases, { deploymentId: target })?.map(({ id }) => id),
      expected,
    );
  });
}

test('only what was stored counts, in the order of the ledger; anything else is passed over', () => {
  const other: LedgerFact = { step: 'functions', kind: 'outcome', word: 'deployed', text: 'alpha', at: 2 };
  const damaged: LedgerFact = { ...stored('artifact:1/1'), text: 'artifact:1/1#short' };
  assert.deepEqual(storedFunctions([stored('artifact:1/1'), other, damaged, stored('directory:two')]), [
    { place: 'artifact:1/1', digest },
    { place: 'directory:two', digest },
  ]);
});

test('the commit before the functions is that of the newest release which replaced some, not of a later one', () => {
  const target = (commit: string) => ({ deploymentId: 'dpl_1', adopted: false, commit });
  const untouched = { id: 9, rollbackTarget: target('c9'), facts: [] };
  const replaced = [5, 4].map((id) => ({
    id,
    rollbackTarget: target(`c${id}`),
    facts: [stored(`artifact:${id}/1`)],
  }));
  assert.equal(commitBeforeFunctions([untouched, ...replaced]), 'c5');
  assert.equal(commitBeforeFunctions([untouched]), undefined);
});
