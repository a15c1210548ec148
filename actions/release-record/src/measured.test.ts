import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideIncident } from './decide-incident.ts';
import { askedOf, errorLinks, measuredValues, stageValues } from './measured.ts';

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

test('errors of a watch become links in the incident: a trace by its id, an issue without its text (MET-18)', () => {
  const readings = [
    { metric: 'failed-request', about: '4bf92f3577b34da6', url: 'https://traces.example.com/trace/4bf92f3577b34da6' },
    { metric: 'failed-request', about: 'without-a-page' },
    { metric: 'new-issue', about: 'TypeError: anna@example.com', url: 'https://sentry.io/issues/1' },
    { metric: 'monitor', about: 'latency', url: 'https://app.example.com/m/1' },
    { metric: 'new-issue', url: 'javascript:alert(1)' },
  ];
  const links = [
    { about: 'failed request 4bf92f3577b34da6', url: 'https://traces.example.com/trace/4bf92f3577b34da6' },
    { about: 'new issue', url: 'https://sentry.io/issues/1' },
  ];
  assert.deepEqual(errorLinks(JSON.stringify({ readings })), links);
  assert.deepEqual(errorLinks(undefined), []);
  const told = { decision: 'rolled-back', result: JSON.stringify({ links }) };
  assert.deepEqual(decideIncident(undefined, told)?.links, links);
});

test('stages are told with their share, both deployments and the verdict; anything else is nothing', () => {
  const stage = { percentage: 30, verdict: 'fail', summary: '…' };
  const arms = { canary: { requests: 44, errors: 15 }, stable: { requests: 0, errors: 0 } };
  assert.deepEqual(stageValues(JSON.stringify({ stages: [{ ...stage, ...arms }] })), [
    {
      name: 'stage of 30 %',
      value: '15 of 44 requests (34.1 %) of the new deployment; 0 of 0 requests of the one beside it; fail',
    },
  ]);
  for (const other of [undefined, '{', JSON.stringify({ stages: [{ percentage: 'x' }] })])
    assert.deepEqual(stageValues(other), []);
});

test('a link that is none, or a result that cannot be read, gives nothing', () => {
  assert.deepEqual(askedOf('{"link":"javascript:alert(1)"}'), {});
  assert.deepEqual(askedOf(undefined), {});
  assert.deepEqual(askedOf('{'), {});
});

test('the signs that the watch found and the step that matches them go into message and incident (ARB-17)', () => {
  const likelyCause = { cause: 'database', signs: ['database-pool at 97.0 %'], next: 'look at the database first' };
  assert.deepEqual(measuredValues(JSON.stringify({ likelyCause })), [
    { name: 'signs', value: 'database-pool at 97.0 %' },
    { name: 'suggested', value: 'look at the database first' },
  ]);
});
