import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLikelyCause } from './likely-cause.ts';
import type { Reading } from './reading.ts';

const bucket = (errors: number) => [{ start: 0, end: 60, requests: 1000, errors }];
const reading = (metric: string, value: number, about?: string): Reading => {
  const unit = metric.startsWith('database-') ? 'share' : 'count';
  return { metric, value, unit, at: 60, source: 'sentry', ...(about && { about }) };
};
const rose = { baseline: bucket(5), buckets: bucket(120) };

test('three causes of a high error rate lead to three suggestions, each with the signs that were found (ARB-17)', () => {
  const code = findLikelyCause({ ...rose, readings: [reading('new-issue', 40, "TypeError: cannot read 'id'")] });
  assert.deepEqual(
    [code.cause, code.signs],
    ['code', ['0.5 % failed before the promotion, 12.0 % since', '1 issue is new in this release']],
  );
  assert.match(code.next, /^roll back/);

  const busy = [
    reading('database-pool', 0.97),
    reading('new-issue', 40, 'PostgresError: too many connections for role'),
  ];
  const database = findLikelyCause({ ...rose, readings: busy });
  assert.equal(database.cause, 'database');
  assert.deepEqual(database.signs.slice(0, 2), ['database-pool at 97.0 %', '1 new issue names the database']);
  assert.match(database.next, /database-doctor/);

  const dead = [reading('circuit-breaker-opens', 2), reading('new-issue', 40, 'Error: fetch failed (ECONNREFUSED)')];
  const external = findLikelyCause({ ...rose, readings: dead });
  assert.equal(external.cause, 'external-service');
  assert.deepEqual(external.signs.slice(0, 2), [
    '2 circuit breakers opened',
    '1 new issue names a service that does not answer',
  ]);
  assert.match(external.next, /flag, the circuit breaker or the fallback/);
  assert.doesNotMatch(
    JSON.stringify([code, database, external]),
    /TypeError|PostgresError|fetch failed/,
    'no titles (S23)',
  );
});

test('without a sign no cause is claimed', () => {
  const quiet = [reading('database-pool', 0.4), reading('circuit-breaker-opens', 0)];
  for (const baseline of [bucket(100), []]) {
    const none = findLikelyCause({ baseline, buckets: bucket(120), readings: quiet });
    assert.deepEqual([none.cause, none.signs], ['unknown', []]);
    assert.match(none.next, /roll back/);
  }
});
