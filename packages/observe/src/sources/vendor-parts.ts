import type { EnvironmentSettings, PrometheusSettings, SourceName } from '#config/settings';
import { type Arm, observeOf } from './arms.ts';
import type { VendorParts } from './registry.ts';
import type { SourceGiven, SourceProblem } from './source-given.ts';
import { headersOf } from './source-headers.ts';
import { poolMetric, poolQuery } from './standard-queries.ts';

/** The address of a service: the input, else the environment variable (this machine only), else the standard. Throws (S11). */
export type AddressOf = (service: {
  name: string;
  input: string | undefined;
  variable: string;
  standard: string;
}) => string;

/**
 * Addresses and tokens of the vendors among `sources`. A token goes to a vendor's own sites, or to the address that the workflow file
 * names; ops.yml alone never chooses who gets one (S11). With `arm` they count that deployment only. Adds to `problems`.
 * @throws SourceError where a source does not know that deployment by a name.
 */
export function partsOfVendors(
  addressOf: AddressOf,
  given: SourceGiven,
  settings: Pick<EnvironmentSettings, 'observe'>,
  about: {
    sources: readonly SourceName[];
    /** What is to be judged of the numbers that Supabase's logs tell when they are asked for them. */
    functionErrors: boolean;
    apiResponseTime?: boolean;
    commit: string;
    /** True where a limit of database-pool is to be judged although no query of ops.yml tells it. */
    pool?: boolean;
    arm?: Arm | undefined;
  },
  problems: SourceProblem[],
): VendorParts {
  const { sources, functionErrors, apiResponseTime, commit, pool = false } = about;
  const observe = observeOf(settings.observe, about.arm);
  const { sentry, datadog, prometheus, grafana, newRelic, sql, jsonLogs, jsonValues } = observe;
  const { supabaseLogs, supabaseMetrics, stripe } = observe;
  const address = (name: string, input: string | undefined, variable: string, standard: string): string =>
    addressOf({ name, input, variable: `OPS_ACTIONS_${variable}_URL`, standard });
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
    const url = ownServer('prometheus', given.prometheusUrl, prometheus, given.prometheusToken, address, problems);
    parts.prometheus = { ...prometheus, url, token: given.prometheusToken };
  }
  if (sources.includes('grafana') && grafana) {
    const url = ownServer('grafana', given.grafanaUrl, grafana, given.grafanaToken, address, problems);
    parts.grafana = { ...grafana, url, token: given.grafanaToken };
  }
  if (sources.includes('new-relic') && newRelic && given.newRelicApiKey) {
    const standard = newRelic.region === 'eu' ? 'https://api.eu.newrelic.com' : 'https://api.newrelic.com';
    const url = address('new-relic-url', given.newRelicUrl, 'NEW_RELIC', standard);
    parts.newRelic = { ...newRelic, url, apiKey: given.newRelicApiKey };
  }
  if (sources.includes('json-logs') && jsonLogs)
    parts.jsonLogs = { ...jsonLogs, trusted: trustedHost(given, problems) };
  if (sources.includes('json-values') && jsonValues)
    parts.jsonValues = { values: jsonValues, trusted: trustedHost(given, problems) };
  if (sources.includes('sql') && (sql || pool) && given.databaseUrl) {
    const values = { ...(pool && { [poolMetric]: poolQuery }), ...sql?.values };
    parts.sql = { ...sql, ...(Object.keys(values).length > 0 && { values }), url: given.databaseUrl };
  }
  if (sources.includes('stripe') && stripe && given.stripeApiKey) {
    const url = address('stripe-url', given.stripeUrl, 'STRIPE', 'https://api.stripe.com');
    parts.stripe = { url, apiKey: given.stripeApiKey };
  }
  const token = given.supabaseAccessToken;
  const supabase = (name: 'supabase-logs' | 'supabase-metrics', project: string | undefined) => {
    if (!sources.includes(name) || token === undefined) return undefined;
    if (project === undefined) {
      const message = `is needed for source ${name}`;
      problems.push({ name: `observe.${name}.project`, message, allowed: 'a project reference' });
      return undefined;
    }
    const url = address('supabase-api-url', given.supabaseApiUrl, 'SUPABASE_API', 'https://api.supabase.com');
    return { url, token, project };
  };
  const logs = supabaseLogs && supabase('supabase-logs', supabaseLogs.project);
  if (logs) parts.supabaseLogs = { ...logs, of: supabaseLogs.of ?? 'edge', functionErrors, apiResponseTime };
  const metrics = supabaseMetrics && supabase('supabase-metrics', supabaseMetrics.project);
  if (metrics) parts.supabaseMetrics = metrics;
  return parts;
}

/** Who gets the token and the headers of one's own JSON: the host that the workflow file names, nobody else (S11). */
function trustedHost(
  { sourceUrl, sourceToken, sourceHeaders }: SourceGiven,
  problems: SourceProblem[],
): { origin: string; headers: Record<string, string> } | undefined {
  const url = URL.parse((sourceUrl ?? '').replace(/[{}]/g, ''));
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const own = sourceHeaders === undefined ? {} : headersOf(sourceHeaders, problems);
  return { origin: url.origin, headers: { ...(sourceToken && { authorization: `Bearer ${sourceToken}` }), ...own } };
}

function ownServer(
  name: 'prometheus' | 'grafana',
  input: string | undefined,
  settings: PrometheusSettings,
  token: string | undefined,
  address: (name: string, input: string | undefined, variable: string, standard: string) => string,
  problems: SourceProblem[],
): string {
  const url = address(`${name}-url`, input, name.toUpperCase(), token === undefined ? (settings.url ?? '') : '');
  if (url !== '') return url;
  const message =
    token === undefined
      ? `is needed for source ${name}`
      : `is needed: ${name}-token is only sent to an address that the workflow file names`;
  problems.push({ name: `${name}-url`, message, allowed: 'https://host' });
  return url;
}
