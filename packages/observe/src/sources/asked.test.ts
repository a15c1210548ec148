import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { prometheus } from './prometheus.ts';
import { sentry } from './sentry.ts';

const token = 'canary-token-7';
const [from, until] = [Date.UTC(2026, 0, 2, 10, 0), Date.UTC(2026, 0, 2, 10, 15)];

for (const { url, host } of [
  { url: 'https://de.sentry.io', host: 'sentry.io' },
  { url: 'https://sentry.example.com', host: 'sentry.example.com' },
]) {
  test(`a person sees the same numbers in Sentry (${url})`, () => {
    const source = sentry({
      url,
      token,
      organization: 'acme',
      projects: [11, 12],
      environment: 'production',
      query: 'span.op:http.server',
      clock: systemClock,
    });
    const { query, link = '' } = source.asked?.(from, until) ?? { query: '' };
    assert.match(query, /failure_rate\(\) of spans where is_transaction:true span\.op:http\.server/);
    const page = new URL(link);
    assert.deepEqual([page.host, page.pathname], [host, '/organizations/acme/explore/traces/']);
    assert.deepEqual(page.searchParams.getAll('project'), ['11', '12']);
    assert.match(page.searchParams.get('start') ?? '', /^2026-01-02T10:00:00/);
    assert.doesNotMatch(link + query, /canary/);
  });
}

test('a person sees the same numbers in Prometheus, never with a password of its address', () => {
  const given = {
    url: 'https://reader:canary-password@prometheus.example.com/base/',
    token,
    requests: 'sum(increase(http_requests_total[{interval}]))',
    errors: 'sum(increase(http_requests_total{code=~"5.."}[{interval}]))',
    clock: systemClock,
  };
  const { link = '' } = prometheus({ ...given, name: 'prometheus' }).asked?.(from, until) ?? {};
  const page = new URL(link);
  assert.deepEqual([page.host, page.pathname], ['prometheus.example.com', '/base/graph']);
  assert.equal(page.searchParams.get('g1.expr'), 'sum(increase(http_requests_total{code=~"5.."}[60s]))');
  assert.deepEqual(
    [page.searchParams.get('g0.range_input'), page.searchParams.get('g0.end_input')],
    ['15m', '2026-01-02 10:15:00'],
  );
  assert.doesNotMatch(link, /canary/);
  assert.equal(prometheus({ ...given, name: 'grafana' }).asked?.(from, until).link, undefined);
});
