import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askedOf, measuredValues } from './measured.ts';

const watch = JSON.stringify({
  requests: 120,
  errors: 13,
  limit: 0.02,
  source: 'prometheus',
  query: 'sum(errors)',
  link: 'https://prometheus.example.com/graph',
});

test('query and link are for the message; what goes into issues, which may be public, holds neither (S23)', () => {
  assert.deepEqual(askedOf(watch), { query: 'sum(errors)', link: 'https://prometheus.example.com/graph' });
  assert.doesNotMatch(JSON.stringify(measuredValues(watch)), /sum\(errors\)|example\.com/);
});

test('a link that is none, or a result that cannot be read, gives nothing', () => {
  assert.deepEqual(askedOf('{"link":"javascript:alert(1)"}'), {});
  assert.deepEqual(askedOf(undefined), {});
  assert.deepEqual(askedOf('{'), {});
});
