import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Guard } from '../guard-rollback.ts';
import { type RevertFacts, refuseRevert, revertMessage, revertTags } from './plan-revert.ts';

const release = {
  version: 'v1.1.0',
  commit: 'b'.repeat(40),
  rollbackTarget: { deploymentId: 'dpl_1', version: 'v1.0.0', commit: 'a'.repeat(40), adopted: false },
};
const sound: RevertFacts = {
  release,
  branch: 'main',
  sinceFormer: 'ahead',
  sinceRelease: 'identical',
  guard: { verdict: 'safe' },
  allowUnsafe: undefined,
};
const reasonOf = (more: Partial<RevertFacts>) => refuseRevert({ ...sound, ...more })?.reasonCode;

test('a release that follows the one before, and is in the branch, may be reverted', () => {
  assert.equal(reasonOf({}), undefined);
  assert.equal(reasonOf({ sinceRelease: 'ahead' }), undefined);
});

test('what nobody can mean by a revert is refused by name', () => {
  const { rollbackTarget: _, ...alone } = release;
  assert.equal(reasonOf({ release: alone }), 'former_unknown');
  assert.equal(reasonOf({ sinceFormer: 'identical' }), 'nothing_to_revert');
  for (const sinceFormer of ['behind', 'diverged', undefined] as const)
    assert.equal(reasonOf({ sinceFormer }), 'diverged');
  for (const sinceRelease of ['behind', 'diverged', undefined] as const)
    assert.equal(reasonOf({ sinceRelease }), 'not_on_branch');
});

test('old code over a database that it cannot bear is refused as a rollback is, unless somebody answers for it', () => {
  const unsafe: Guard = {
    verdict: 'unsafe',
    reasonCode: 'crosses_contract',
    files: ['3_drop.sql'],
    reason: 'crosses 3_drop.sql',
  };
  const unknown: Guard = { verdict: 'unknown', reasonCode: 'schema_unknown', named: [], reason: 'nobody knows' };
  assert.equal(reasonOf({ guard: unsafe }), 'crosses_contract');
  assert.match(
    refuseRevert({ ...sound, guard: unsafe })?.message ?? '',
    /code of v1\.0\.0 crosses 3_drop\.sql\. Next: take 3_drop\.sql back/,
  );
  assert.equal(reasonOf({ guard: unknown }), 'schema_unknown');
  assert.equal(reasonOf({ guard: unsafe, allowUnsafe: 'it reads the view' }), undefined);
  assert.equal(reasonOf({ guard: unsafe, allowUnsafe: '' }), 'crosses_contract');
});

test('the message is the same for every run and names both ends', () => {
  assert.equal(revertMessage(release), revertMessage({ ...release }));
  assert.match(
    revertMessage(release),
    /^Revert v1\.1\.0: the files of v1\.0\.0 again\n\n.* from a{40} \(not included\) to b{40}\.$/,
  );
});

test('tags go on behind the version; what is no version gets a word', () => {
  const first = (version: string, count = 2) => [...revertTags(version)].slice(0, count);
  assert.deepEqual(first('v1.4.9'), ['v1.4.10', 'v1.4.11']);
  assert.deepEqual(first('2026.10.1', 1), ['2026.10.2']);
  assert.deepEqual(first('release-7'), ['release-7-revert', 'release-7-revert-2']);
  assert.equal([...revertTags('v1.0.0')].length, 50);
});
