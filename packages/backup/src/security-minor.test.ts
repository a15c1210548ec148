import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeOutdated } from './security-minor.ts';

for (const [version, expected] of [
  ['15.18', 'pg_dump and pg_restore 15.18 lack security fixes: update the PostgreSQL packages to 15.19 or newer'],
  ['15.19', undefined],
  ['17.5', 'pg_dump and pg_restore 17.5 lack security fixes: update the PostgreSQL packages to 17.11 or newer'],
  ['17.20', undefined],
  ['18rc1', 'pg_dump and pg_restore 18rc1 lack security fixes: update the PostgreSQL packages to 18.6 or newer'],
  ['13.22', 'pg_dump and pg_restore 13.22 are of a major version that gets no security fixes'],
  // Newer than this release of ours: nothing is known of it.
  ['19.0', undefined],
] as const) {
  test(`programs of PostgreSQL ${version} are ${expected === undefined ? 'not ' : ''}named as outdated`, () => {
    assert.equal(describeOutdated({ major: Number.parseInt(version, 10), version }), expected);
  });
}
