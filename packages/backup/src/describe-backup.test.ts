import assert from 'node:assert/strict';
import { test } from 'node:test';
import { notCovered, withoutNames } from './describe-backup.ts';

test('what a dump cannot hold depends on what the database has', () => {
  const plain = { schemas: ['public'], unreadable: [], selected: false };
  assert.deepEqual(notCovered(plain), ['passwords of roles']);
  const platform = { schemas: ['auth', 'storage', 'vault'], unreadable: ['vault.secrets'], selected: true };
  assert.deepEqual(notCovered(platform), [
    'passwords of roles',
    'the bytes of storage objects (their names and owners are rows of the schema storage)',
    'vault secrets in clear text: their key stays with the platform',
    '1 tables that the platform keeps to itself',
    'every table that was not asked for',
    'types, functions and schemas that the tables need: restore into a database that has them, not into an empty database',
  ]);
});

test('where strangers may look a proof names neither what differs nor which sequence or table it is about', () => {
  const proof = { verdict: 'mismatch', level: 'restore', sufficient: false, separateUser: true } as const;
  const told = withoutNames({
    ...{
      ...proof,
      reasonCode: 'restored_differs',
      message: 'the restored copy differs from the source: table a.secret',
    },
    ...{ differences: ['table a.secret'], leftOut: ['TABLE DATA a.rules'], remarks: ['sequence a.ids is behind'] },
  });
  assert.doesNotMatch(JSON.stringify(told), /a\.(?:secret|rules|ids)/);
  assert.deepEqual([told.verdict, told.reasonCode], ['mismatch', 'restored_differs']);
  assert.match(told.message, /differs from the source in 1 places, which are not named/);
  const failed = { ...proof, reasonCode: 'restore_failed', message: 'relation a.secret' };
  const nothing = { differences: [], leftOut: [], remarks: [] };
  assert.equal(
    withoutNames({ ...failed, verdict: 'could-not-verify', ...nothing }).message,
    'could not be proven (restore_failed); the log of the run says why',
  );
  const equal = {
    ...proof,
    verdict: 'verified',
    reasonCode: 'restored_and_equal',
    message: 'equal: 2 relations',
  } as const;
  assert.equal(withoutNames({ ...equal, ...nothing }).message, 'equal: 2 relations');
});
