import { z } from 'zod';
import { address, duration, integer, named, oneOf, pattern, sqlQuery, text } from './values.ts';

const query = () => text('a query');
const project = () => pattern(/^[a-z0-9]{10,30}$/, 'a project reference');
const id = () => integer(1, Number.MAX_SAFE_INTEGER);
const ofOneDeployment = () =>
  pattern(/\{(deployment|commit|release)\}/, 'text with {deployment}, {commit} or {release}');

/** What tells the two deployments of a rolling release apart. */
export const arms = (meaning: string) =>
  ofOneDeployment()
    .optional()
    .meta({ description: `release.strategy rolling: ${meaning} {deployment}, {commit} and {release} are replaced.` });
const inPlace = 'stands in the place of {arm} for one of both deployments; elsewhere {arm} becomes nothing.';

/** Sites of Sentry itself; a server of one's own is named by the workflow file (sentry-url), which also sends the token. */
export const sentrySites = ['sentry.io', 'us.sentry.io', 'de.sentry.io'] as const;

/** Sites of Datadog; keys belong to one of them. */
export const datadogSites = [
  'datadoghq.com',
  'us3.datadoghq.com',
  'us5.datadoghq.com',
  'datadoghq.eu',
  'ap1.datadoghq.com',
  'ap2.datadoghq.com',
  'uk1.datadoghq.com',
  'ddog-gov.com',
  'us2.ddog-gov.com',
] as const;

const prometheus = {
  url: address().optional().meta({ description: 'Address of the server, asked without a token; else prometheus-url.' }),
  requests: query().meta({
    description: 'Number of requests in [{interval}], e.g. sum(increase(http_requests_total[{interval}])).',
  }),
  errors: query().meta({ description: 'Number of failed requests in [{interval}]; add "or vector(0)".' }),
  p95: query().optional().meta({ description: 'Response time in seconds.' }),
  gauges: named(query())
    .optional()
    .meta({ description: 'Further numbers by name, e.g. database-cpu; shares as 0 to 1, times (lcp …) in seconds.' }),
  'scrape-interval': duration().optional().meta({ description: 'How often the server scrapes; default 15s.' }),
  arms: arms(inPlace),
};

/** Where each source finds its numbers. Tokens are inputs of the workflow file. */
export const observe = z.strictObject({
  sentry: z
    .strictObject({
      organization: pattern(/^[\w-]{1,100}$/, 'the slug of an organization'),
      projects: z.array(id()).min(1).meta({ description: 'Numeric ids of the projects.' }),
      site: oneOf(sentrySites).optional().meta({ description: 'Default sentry.io; de.sentry.io for data in the EU.' }),
      environment: text('the name of an environment in Sentry').optional(),
      query: query().optional().meta({ description: 'Further search words for spans, e.g. span.op:http.server.' }),
      arms: arms('search words for the spans of one deployment, e.g. release:"{commit}".'),
    })
    .optional(),
  datadog: z
    .strictObject({
      site: oneOf(datadogSites).optional().meta({ description: 'Default datadoghq.com.' }),
      requests: query().meta({ description: 'Metric query of the number of requests, with .as_count().' }),
      errors: query().meta({ description: 'Metric query of the failed ones, in default_zero(…).' }),
      p95: query().optional().meta({ description: 'Response time in seconds.' }),
      endpoints: query()
        .optional()
        .meta({ description: 'Failed requests by a tag, e.g. … by {resource_name}: shown, never judged.' }),
      dashboard: address()
        .optional()
        .meta({ description: 'Page that shows the same numbers; linked with the time of the watch.' }),
      monitors: z.array(id()).optional().meta({ description: 'Ids of monitors whose state is shown.' }),
      api: oneOf(['v1', 'v2']).optional(),
      arms: arms(inPlace),
    })
    .optional(),
  prometheus: z.strictObject(prometheus).optional(),
  grafana: z.strictObject({ ...prometheus, datasource: text('the uid of a data source') }).optional(),
  'new-relic': z
    .strictObject({
      account: id(),
      region: oneOf(['us', 'eu']).optional(),
      app: text('the name of an application'),
      failed: query()
        .optional()
        .meta({ description: 'NRQL condition of a failed transaction; default error IS TRUE.' }),
      where: query().optional().meta({ description: 'Further NRQL condition.' }),
      arms: arms('NRQL condition of one deployment.'),
      dashboard: address().optional().meta({ description: 'Page that shows the same numbers; linked as it stands.' }),
    })
    .optional(),
  sql: z
    .strictObject({
      counts: sqlQuery()
        .optional()
        .meta({ description: 'Gives one row with requests, errors and, where known, p95 (ms) of {from} to {until}.' }),
      values: named(sqlQuery()).optional().meta({
        description: 'By metric (auth-failures, usage …): one row with value, and count of what it rests on.',
      }),
      arms: arms(inPlace),
    })
    .optional(),
  'json-values': named(
    z.strictObject({
      url: address().meta({ description: 'Address of the JSON; {from} and {until} become Unix seconds.' }),
      value: text('a path such as $.failures'),
      count: text('a path such as $.samples').optional(),
    }),
  )
    .optional()
    .meta({
      description: 'Single numbers by metric (auth-failures, circuit-breaker-opens …) from any JSON over HTTP.',
    }),
  'json-logs': z
    .strictObject({
      url: address().meta({ description: 'Lines of JSON from {from} to {until} (Unix seconds).' }),
      time: text('a path such as $.time').optional(),
      level: text('a path such as $.level').optional(),
      errors: z
        .array(text('a level'))
        .optional()
        .meta({ description: 'Levels that count as failed; default error, fatal.' }),
      latency: text('a path such as $.duration_ms').optional().meta({ description: 'Path of the milliseconds.' }),
      'request-id': text('a path such as $.requestId').optional(),
      match: z.record(text('a path'), z.union([z.string(), z.number(), z.boolean()])).optional(),
      arms: z
        .record(text('a path'), ofOneDeployment())
        .optional()
        .meta({ description: 'release.strategy rolling: as match, for the lines of one deployment.' }),
      'trace-url': address().optional().meta({ description: 'Page of one request; {id} becomes its id.' }),
    })
    .optional(),
  stripe: z
    .strictObject({})
    .optional()
    .meta({ description: 'Webhooks that Stripe could not deliver, as webhook-failures; {} is all.' }),
  'supabase-metrics': z
    .strictObject({ project: project().optional() })
    .optional()
    .meta({ description: 'CPU, memory, disk, connections, replication lag and storage of the project; {} is enough.' }),
  'supabase-logs': z
    .strictObject({
      project: project().optional(),
      of: oneOf(['edge', 'functions'])
        .optional()
        .meta({ description: 'edge: requests through the API. functions: calls of edge functions.' }),
    })
    .optional(),
});
