import { InputError } from '#action-kit/input-error';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings, PrometheusSettings } from '#config/settings';
import type { VendorParts } from '#observe/sources/registry';
import type { Given, WatchPlan } from './plan-watch.ts';

/**
 * Addresses and tokens of the vendors of a plan. A token goes to a vendor's own sites, or to the address that the workflow file
 * names; ops.yml alone never chooses who gets one (S11). Throws InputError.
 */
export function vendorParts(
  runner: Pick<Runner, 'environment'>,
  given: Given,
  settings: EnvironmentSettings,
  { sources, rules }: Pick<WatchPlan, 'sources' | 'rules'>,
  commit: string,
): VendorParts {
  const { sentry, datadog, prometheus, grafana, newRelic, supabaseLogs } = settings.observe ?? {};
  const address = (name: string, input: string | undefined, variable: string, standard: string): string =>
    serviceAddress(runner, { name, input, variable: `OPS_ACTIONS_${variable}_URL`, standard });
  const parts: VendorParts = {};
  if (sources.includes('sentry') && sentry && given.sentryAuthToken) {
    const url = address('sentry-url', given.sentryUrl, 'SENTRY', `https://${sentry.site ?? 'sentry.io'}`);
    parts.sentry = { ...sentry, url, token: given.sentryAuthToken, release: given.sentryRelease ?? commit };
  }
  if (sources.includes('datadog') && datadog && given.ddApiKey && given.ddAppKey) {
    const url = address('datadog-url', given.datadogUrl, 'DATADOG', `https://api.${datadog.site ?? 'datadoghq.com'}`);
    parts.datadog = { ...datadog, url, apiKey: given.ddApiKey, appKey: given.ddAppKey };
  }
  if (sources.includes('prometheus') && prometheus) {
    const url = ownServer('prometheus', given.prometheusUrl, prometheus, given.prometheusToken, address);
    parts.prometheus = { ...prometheus, url, token: given.prometheusToken };
  }
  if (sources.includes('grafana') && grafana) {
    const url = ownServer('grafana', given.grafanaUrl, grafana, given.grafanaToken, address);
    parts.grafana = { ...grafana, url, token: given.grafanaToken };
  }
  if (sources.includes('new-relic') && newRelic && given.newRelicApiKey) {
    const standard = newRelic.region === 'eu' ? 'https://api.eu.newrelic.com' : 'https://api.newrelic.com';
    const url = address('new-relic-url', given.newRelicUrl, 'NEW_RELIC', standard);
    parts.newRelic = { ...newRelic, url, apiKey: given.newRelicApiKey };
  }
  if (sources.includes('supabase-logs') && supabaseLogs && given.supabaseAccessToken) {
    const { project, of = 'edge' } = supabaseLogs;
    if (!project) {
      throw new InputError([
        {
          name: 'observe.supabase-logs.project',
          message: 'is needed for source supabase-logs',
          allowed: 'a project reference',
        },
      ]);
    }
    const url = address('supabase-api-url', given.supabaseApiUrl, 'SUPABASE_API', 'https://api.supabase.com');
    const functionErrors = rules.some(({ metric }) => metric === 'function-errors');
    parts.supabaseLogs = { url, token: given.supabaseAccessToken, project, of, functionErrors };
  }
  return parts;
}

function ownServer(
  name: 'prometheus' | 'grafana',
  input: string | undefined,
  settings: PrometheusSettings,
  token: string | undefined,
  address: (name: string, input: string | undefined, variable: string, standard: string) => string,
): string {
  const url = address(`${name}-url`, input, name.toUpperCase(), token === undefined ? (settings.url ?? '') : '');
  if (url !== '') return url;
  const message =
    token === undefined
      ? `is needed for source ${name}`
      : `is needed: ${name}-token is only sent to an address that the workflow file names`;
  throw new InputError([{ name: `${name}-url`, message, allowed: 'https://host' }]);
}
