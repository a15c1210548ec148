import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '#action-kit/input-error';
import type { EnvironmentSettings, ObserveSettings, SourceName } from '#config/settings';
import type { VendorParts } from '#observe/sources/registry';
import type { Given } from './plan-watch.ts';
import { vendorParts } from './vendor-parts.ts';

const queries = { requests: 'sum(increase(a[{interval}]))', errors: 'sum(increase(b[{interval}]))' };

function parts(
  source: SourceName,
  observe: ObserveSettings,
  given: Partial<Given>,
  variables: Record<string, string> = {},
): VendorParts {
  const settings = { environment: 'production', observe } as EnvironmentSettings;
  const runner = { environment: (name: string) => variables[name] };
  return vendorParts(runner, given as Given, settings, { sources: [source], rules: [] }, 'c0ffee');
}

test('a token goes to an address of ops.yml neither for Prometheus nor for Grafana (S11)', () => {
  const prometheus = { ...queries, url: 'https://collector.example' };
  const stolen = () => parts('prometheus', { prometheus }, { prometheusToken: 'prometheus-token' });
  assert.throws(stolen, (error) => error instanceof InputError && /prometheus-url/.test(error.message));
  assert.equal(parts('prometheus', { prometheus }, {}).prometheus?.url, 'https://collector.example');
  const named = parts(
    'prometheus',
    { prometheus },
    { prometheusToken: 'prometheus-token', prometheusUrl: 'https://mine.example/' },
  );
  assert.deepEqual([named.prometheus?.url, named.prometheus?.token], ['https://mine.example', 'prometheus-token']);
  const grafana = { ...queries, url: 'https://collector.example', datasource: 'uid' };
  assert.throws(() => parts('grafana', { grafana }, { grafanaToken: 'grafana-token' }), InputError);
});

test('ops.yml chooses among the sites of a vendor, the commit names the release in Sentry', () => {
  const sentry = { organization: 'acme', projects: [1], site: 'de.sentry.io' };
  const made = parts('sentry', { sentry }, { sentryAuthToken: 'sentry-token' }).sentry;
  assert.deepEqual([made?.url, made?.token, made?.release], ['https://de.sentry.io', 'sentry-token', 'c0ffee']);
  const datadog = { ...queries, site: 'us5.datadoghq.com' };
  const keys = { ddApiKey: 'api-key', ddAppKey: 'app-key' };
  assert.equal(parts('datadog', { datadog }, keys).datadog?.url, 'https://api.us5.datadoghq.com');
  const newRelic = { account: 1, app: 'web', region: 'eu' as const };
  assert.equal(
    parts('new-relic', { newRelic }, { newRelicApiKey: 'key' }).newRelic?.url,
    'https://api.eu.newrelic.com',
  );
});

test('a variable of the environment may name this machine only', () => {
  const sentry = { organization: 'acme', projects: [1] };
  const given = { sentryAuthToken: 'sentry-token' };
  const local = parts('sentry', { sentry }, given, { OPS_ACTIONS_SENTRY_URL: 'http://127.0.0.1:9' });
  assert.equal(local.sentry?.url, 'http://127.0.0.1:9');
  const away = { OPS_ACTIONS_SENTRY_URL: 'https://collector.example' };
  assert.throws(() => parts('sentry', { sentry }, given, away), InputError);
});

test('a source that is not part of the plan gets nothing', () => {
  const sentry = { organization: 'acme', projects: [1] };
  assert.deepEqual(parts('probe', { sentry }, { sentryAuthToken: 'sentry-token' }), {});
});
