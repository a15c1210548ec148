import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FailedFile, MigrationRecord } from './migration-record.ts';
import { decideForwardFix, isForwardOnly, planForwardFix } from './plan-forward-fix.ts';

const file = { file: '013_bad.sql', version: '013', phase: 'expand' as const, sha256: 'x' };
const record = (
  given: Partial<MigrationRecord> & { failed?: FailedFile },
): MigrationRecord & { failed?: FailedFile } => ({
  ...{ schemaVersion: 1, direction: 'forward', files: [file], held: [], id: 1, at: 0, outcome: { word: 'failed' } },
  ...given,
});

describe('what a new migration has to mend (DRB-06)', () => {
  const failed = { version: '013', reasonCode: 'sql_error', line: 3, sqlstate: '42P01' };
  for (const [name, newest, expected] of [
    ['a file that failed', record({ failed }), '013'],
    [
      'a file whose verification did not pass',
      record({ outcome: { word: 'applied', newest: '013' }, failed: { ...failed, reasonCode: 'verification_failed' } }),
      '013',
    ],
    ['a command that failed', record({ direction: 'command', files: [] }), 'command'],
    [
      'a rollback that the policy refused',
      record({ direction: 'back', outcome: { word: 'refused' } }),
      'rollback of 013',
    ],
    [
      'a lock that was not had in time',
      record({ failed: { ...failed, reasonCode: 'lock_timeout' } }),
      'passing_failure',
    ],
    ['an outcome that nobody knows', record({ outcome: { word: 'unknown' }, failed }), 'not_known'],
    ['a run that died', record({ outcome: undefined }), 'not_known'],
    ['files that were applied', record({ outcome: { word: 'applied', newest: '013' } }), 'nothing_failed'],
    ['files that were taken back', record({ direction: 'back', outcome: { word: 'rolled-back' } }), 'nothing_failed'],
    [
      'a command that succeeded',
      record({ direction: 'command', files: [], outcome: { word: 'applied' } }),
      'nothing_failed',
    ],
    ['nothing at all', undefined, 'nothing_failed'],
  ] as const)
    test(`${name}: ${expected}`, () => {
      const decided = decideForwardFix(newest);
      assert.equal('mends' in decided ? decided.mends : decided.reasonCode, expected);
    });

  test('only where nothing but the next migration is allowed', () => {
    assert.equal(isForwardOnly(['forward-only']), true);
    assert.equal(isForwardOnly(['forward-only', 'restore']), false);
    assert.equal(isForwardOnly(['rollback-sql']), false);
    assert.equal(isForwardOnly([]), false);
    assert.equal(isForwardOnly(undefined), false);
  });
});

describe('the next free number, in the style of the folder', () => {
  const now = Date.UTC(2026, 10, 29, 9, 30, 1);
  for (const [name, versions, used, version] of [
    ['numbers with leading zeros', ['001', '012', '013'], [], '014'],
    ['one that another run has taken is not free', ['001', '013'], ['014'], '015'],
    ['a number of another style does not count', ['001', '013'], ['20260101000000'], '014'],
    ['time stamps', ['20260101000000'], [], '20261129093001'],
    ['a time stamp in the future stays the newest', ['20990101000000'], [], '20990101000001'],
  ] as const)
    test(name, () => {
      const planned = planForwardFix(
        { mends: 'rollback of 013' },
        { environment: 'production', folder: './backend/', versions, used, now },
      );
      assert.deepEqual(
        [planned?.version, planned?.path, planned?.branch],
        [version, `backend/${version}_forward_fix_of_rollback_of_013.sql`, `ops/forward-fix/production-${version}`],
      );
    });

  test('a folder without numbers, or whose numbers are used up, has no next one', () => {
    for (const versions of [[], ['999']])
      assert.equal(
        planForwardFix({ mends: 'x' }, { environment: 'p', folder: 'm', versions, used: [], now }),
        undefined,
      );
  });
});
