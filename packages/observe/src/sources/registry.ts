import type { SourceName } from '#config/settings';
import type { Clock } from '#http/clock';
import type { VercelConnection } from '#vercel/project';
import type { OwnRequests } from '../own-requests.ts';
import type { ProbeRound } from '../probe-rounds.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import type { DatadogSource } from './datadog.ts';
import type { JsonLogsSource } from './json-logs.ts';
import type { JsonValuesSource } from './json-values.ts';
import type { NewRelicSource } from './new-relic.ts';
import type { PrometheusSource } from './prometheus.ts';
import type { SentrySource } from './sentry.ts';
import type { SqlSource } from './sql.ts';
import type { StripeSource } from './stripe.ts';
import type { SupabaseLogsSource } from './supabase-logs.ts';
import type { SupabaseMetricsSource } from './supabase-metrics.ts';
import type { AskedPeriod } from './value-reading.ts';

/** What a vendor's source is made from, without what every source shares. */
type Own<T> = Omit<T, 'clock' | 'signal' | 'name' | 'except'>;

/** The vendors that are configured, each with its address and its token. */
export interface VendorParts {
  sentry?: Own<SentrySource>;
  datadog?: Own<DatadogSource>;
  prometheus?: Own<PrometheusSource>;
  grafana?: Own<PrometheusSource>;
  newRelic?: Own<NewRelicSource>;
  jsonLogs?: Own<JsonLogsSource>;
  jsonValues?: Own<JsonValuesSource>;
  sql?: Own<SqlSource>;
  supabaseLogs?: Own<SupabaseLogsSource>;
  supabaseMetrics?: Own<SupabaseMetricsSource>;
  stripe?: Own<StripeSource>;
}

/** Everything a source may need; each takes its part. */
export interface SourceParts {
  vercel?: VercelConnection | undefined;
  deploymentId?: string | undefined;
  /** Folder of the runtime logs that an earlier step reads since before the promotion, and when that was (milliseconds). */
  journal?: string | undefined;
  promotedAt?: number | undefined;
  httpJson?:
    | { url: string; requests: string; errors: string; token?: string | undefined; headers?: Record<string, string> }
    | undefined;
  vendors?: VendorParts | undefined;
  /** Routes that a vendor leaves out of its p95. */
  except?: readonly string[] | undefined;
  /** Metrics that rules name, where the caller knows them; others of a source that asks for each are left out. */
  ruleMetrics?: readonly string[] | undefined;
  /** Whether Sentry lists what is open, for whoever looks for a cause; a watch has no request left for it. */
  openIssues?: boolean | undefined;
  /** Over how long values of one's own are counted, by metric; default a minute. */
  periods?: Readonly<Record<string, readonly AskedPeriod[]>> | undefined;
  /** Filled by the watch while it runs. */
  rounds: readonly ProbeRound[];
  own: OwnRequests;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

interface SourceEntry {
  /** One line for the docs. */
  description: string;
  create(parts: SourceParts): Promise<ObservationSource>;
}

/** Every source there is. The input's allowed words, its error text and the README come from these keys. */
export const sources = {
  'vercel-runtime-logs': {
    description: 'live logs of the deployment, requests to functions; every plan, any interval',
    async create({ vercel, deploymentId, own, clock, journal, promotedAt }) {
      if (!vercel) throw missing('vercel-runtime-logs', 'vercel-token and vercel-project');
      if (!deploymentId) throw missing('vercel-runtime-logs', 'deployment-id');
      const { vercelRuntimeLogs } = await import('./vercel-runtime-logs.ts');
      return vercelRuntimeLogs({ connection: vercel, deploymentId, own, clock, journal, promotedAt });
    },
  },
  'vercel-observability': {
    description: "Vercel's observability query, all requests to production; needs Observability Plus, whole minutes",
    async create({ vercel, own }) {
      if (!vercel) throw missing('vercel-observability', 'vercel-token and vercel-project');
      const { vercelObservability } = await import('./vercel-observability.ts');
      return vercelObservability({ connection: vercel, own });
    },
  },
  'vercel-metrics': {
    description:
      'Core Web Vitals of Speed Insights, with Observability Plus time and memory of functions; beside the counts',
    async create({ vercel, clock, ruleMetrics }) {
      if (!vercel) throw missing('vercel-metrics', 'vercel-token and vercel-project');
      return (await import('./vercel-metrics.ts')).vercelMetrics({ connection: vercel, clock, ruleMetrics });
    },
  },
  sentry: {
    description: "Sentry's spans: failed requests per minute, new issues of this release, crash-free rate",
    async create({ vendors, except, openIssues, clock, signal }) {
      if (!vendors?.sentry) throw missing('sentry', 'sentry-auth-token and observe.sentry');
      return (await import('./sentry.ts')).sentry({ ...vendors.sentry, except, openIssues, clock, signal });
    },
  },
  datadog: {
    description: "Datadog's metrics by two queries per minute, monitors by id",
    async create({ vendors, except, clock, signal }) {
      if (!vendors?.datadog) throw missing('datadog', 'dd-api-key, dd-app-key and observe.datadog');
      return (await import('./datadog.ts')).datadog({ ...vendors.datadog, except, clock, signal });
    },
  },
  prometheus: {
    description: 'a Prometheus-compatible server by two queries, gauges beside them',
    async create({ vendors, except, clock, signal }) {
      if (!vendors?.prometheus) throw missing('prometheus', 'observe.prometheus and an address');
      return (await import('./prometheus.ts')).prometheus({
        ...vendors.prometheus,
        except,
        name: 'prometheus',
        clock,
        signal,
      });
    },
  },
  grafana: {
    description: 'a Prometheus-compatible data source through Grafana',
    async create({ vendors, except, clock, signal }) {
      if (!vendors?.grafana) throw missing('grafana', 'grafana-token, observe.grafana and an address');
      return (await import('./prometheus.ts')).prometheus({
        ...vendors.grafana,
        except,
        name: 'grafana',
        clock,
        signal,
      });
    },
  },
  'new-relic': {
    description: "New Relic's transactions per minute by NRQL",
    async create({ vendors, except, clock, signal }) {
      if (!vendors?.newRelic) throw missing('new-relic', 'new-relic-api-key and observe.new-relic');
      return (await import('./new-relic.ts')).newRelic({ ...vendors.newRelic, except, clock, signal });
    },
  },
  'supabase-logs': {
    description: 'requests through the Supabase API, or calls of edge functions, per minute',
    async create({ vendors, except, clock, signal }) {
      if (!vendors?.supabaseLogs) throw missing('supabase-logs', 'supabase-access-token and observe.supabase-logs');
      return (await import('./supabase-logs.ts')).supabaseLogs({ ...vendors.supabaseLogs, except, clock, signal });
    },
  },
  'supabase-metrics': {
    description:
      "CPU, memory, disk, connections, replication lag and storage of a Supabase project, beside another source's counts",
    async create({ vendors, clock, signal }) {
      if (!vendors?.supabaseMetrics)
        throw missing('supabase-metrics', 'supabase-access-token and observe.supabase-metrics');
      return (await import('./supabase-metrics.ts')).supabaseMetrics({ ...vendors.supabaseMetrics, clock, signal });
    },
  },
  'http-json': {
    description: 'any JSON over HTTP with a number of requests and a number of errors',
    async create({ httpJson: given, clock, signal }) {
      if (!given) throw missing('http-json', 'source-url, source-requests and source-errors (or watch.http-json)');
      const { httpJson } = await import('./http-json.ts');
      return httpJson({ ...given, clock, signal });
    },
  },
  sql: {
    description: 'a database by a query of your own: counts, or values beside them; read-only',
    async create({ vendors, periods, clock, signal }) {
      if (!vendors?.sql) throw missing('sql', 'database-url and observe.sql');
      return (await import('./sql.ts')).sql({ ...vendors.sql, periods, clock, signal });
    },
  },
  'json-values': {
    description: 'single numbers from any JSON over HTTP, beside the counts of another source',
    async create({ vendors, periods, clock, signal }) {
      if (!vendors?.jsonValues) throw missing('json-values', 'observe.json-values');
      return (await import('./json-values.ts')).jsonValues({ ...vendors.jsonValues, periods, clock, signal });
    },
  },
  'json-logs': {
    description: 'structured logs over HTTP, one JSON a line: level, response time, ids of failed requests',
    async create({ vendors, clock, signal }) {
      if (!vendors?.jsonLogs) throw missing('json-logs', 'observe.json-logs');
      return (await import('./json-logs.ts')).jsonLogs({ ...vendors.jsonLogs, clock, signal });
    },
  },
  stripe: {
    description: 'webhooks that Stripe could not deliver, by type; beside the counts of another source',
    async create({ vendors, periods, clock, signal }) {
      if (!vendors?.stripe) throw missing('stripe', 'stripe-api-key and observe.stripe');
      return (await import('./stripe.ts')).stripe({ ...vendors.stripe, periods, clock, signal });
    },
  },
  probe: {
    description: 'our own health and smoke checks, repeated each interval; needs no account',
    async create({ rounds }) {
      const { probeSource } = await import('./probe.ts');
      return probeSource(rounds);
    },
  },
} satisfies Record<SourceName, SourceEntry>;

/** The names of all sources. */
export const sourceNames = Object.keys(sources) as SourceName[];

/** Makes a source; throws SourceError for an unknown name (never a default) and for missing parts. */
export async function createSource(name: string, parts: SourceParts): Promise<ObservationSource> {
  const entry = Object.hasOwn(sources, name) ? sources[name as SourceName] : undefined;
  if (!entry) throw new SourceError('unknown_source', `"${name}" is not a source; known are ${sourceNames.join(', ')}`);
  return await entry.create(parts);
}

function missing(name: string, what: string): SourceError {
  return new SourceError('source_not_configured', `source ${name} needs ${what}`);
}
