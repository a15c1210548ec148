import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '#http/clock';
import { datadog } from './datadog.ts';
import { newRelic } from './new-relic.ts';
import { prometheus } from './prometheus.ts';
import { sentry } from './sentry.ts';
import { vercelPage } from './vercel-page.ts';

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
  const grafana = prometheus({ ...given, name: 'grafana', datasource: 'uid-1' }).asked?.(from, until).link ?? '';
  const explore = new URL(grafana);
  assert.deepEqual([explore.host, explore.pathname], ['prometheus.example.com', '/base/explore']);
  const { watch } = JSON.parse(explore.searchParams.get('panes') ?? '{}');
  assert.deepEqual([watch.datasource, watch.range], ['uid-1', { from: String(from), to: String(until) }]);
  assert.equal(watch.queries[1].expr, 'sum(increase(http_requests_total{code=~"5.."}[60s]))');
  assert.doesNotMatch(grafana, /canary/);
});

test('a person sees the same numbers in Datadog and New Relic, where ops.yml names a page', () => {
  const dashboard = 'https://app.datadoghq.eu/dashboard/abc-def?tpl_var_env=production';
  const keys = { apiKey: token, appKey: token, clock: systemClock };
  const queries = { requests: 'sum:hits{*}.as_count()', errors: 'sum:errors{*}.as_count()' };
  const made = datadog({ url: 'https://api.datadoghq.eu', ...keys, ...queries, dashboard }).asked?.(from, until);
  assert.equal(made?.link, `${dashboard}&from_ts=${from}&to_ts=${until}&live=false`);
  assert.match(made?.query ?? '', /requests: sum:hits.*; errors: sum:errors/);
  assert.equal(datadog({ url: 'https://api.datadoghq.eu', ...keys, ...queries }).asked?.(from, until).link, undefined);
  const page = 'https://onenr.io/0abc';
  const relic = { url: 'https://api.newrelic.com', apiKey: token, account: 1, app: 'web', clock: systemClock };
  const asked = newRelic({ ...relic, dashboard: page }).asked?.(from, until);
  assert.equal(asked?.link, page);
  const slow = newRelic({ ...relic, except: ['/generate-content', '/reports'] }).asked?.(from, until).query ?? '';
  const left = "filter(percentile(duration, 95), WHERE request.uri NOT IN ('/generate-content', '/reports')) AS p95";
  assert.ok(slow.includes(left), slow);
  assert.match(asked?.query ?? '', new RegExp(`SINCE ${from} UNTIL ${until} TIMESERIES 1 minute$`));
});

test('a person sees the same numbers in Vercel, by names or by its own chooser', () => {
  const page = vercelPage({ team: 'acme', project: 'web' }, 'logs');
  assert.equal(page, 'https://vercel.com/acme/web/logs');
  const chooser = 'https://vercel.com/d?to=%2F%5Bteam%5D%2F%5Bproject%5D%2Fobservability';
  assert.equal(vercelPage({ team: 'team_1', project: 'web' }, 'observability'), chooser);
  assert.equal(vercelPage({ project: 'prj_1' }, 'observability'), chooser);
});
