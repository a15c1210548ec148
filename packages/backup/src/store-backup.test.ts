import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeProgress } from './store-backup.ts';

test('progress tells bytes, rate, the time left at most, and the relation where it is known', () => {
  const given = { bytes: 2e8, seconds: 10, databaseBytes: 1e9 };
  assert.equal(
    describeProgress({ ...given, relation: 'public."Odd Name"' }),
    'dumped 200 MB of at most 1.0 GB in 10 s (20.0 MB/s, at most 40 s left); now public."Odd Name"',
  );
  assert.equal(
    describeProgress({ ...given, bytes: 2e9, relation: undefined }),
    'dumped 2.0 GB of at most 1.0 GB in 10 s (200 MB/s)',
  );
});
