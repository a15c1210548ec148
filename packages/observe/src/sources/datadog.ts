import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import type { Reading } from '../reading.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import { tellDatadogKeys } from './datadog-keys.ts';
import { fillExcept } from './fill-except.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService, type Service } from './service.ts';

/** Metric queries and monitors of Datadog. */
export interface DatadogSource {
  /** https://api.<site>; each site knows only its own keys. */
  url: string;
  apiKey: string;
  appKey: string;
  requests: string;
  errors: string;
  /** Gives seconds, as Datadog's latency distributions do; `{except}` becomes the routes, parted by commas. */
  p95?: string | undefined;
  /** Failed requests by a tag, e.g. `… by {resource_name}`: told beside the counts, never judged. */
  endpoints?: string | undefined;
  /** Page of Datadog that shows the same numbers. */
  dashboard?: string | undefined;
  /** Ids of monitors whose state is read beside the counts. */
  monitors?: readonly number[] | undefined;
  /** v2 asks for all numbers at once; v1 is for keys that may use only that. Default v2. */
  api?: 'v1' | 'v2' | undefined;
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const MINUTE_MS = 60_000;
type Part = 'requests' | 'errors' | 'p95';

// docs.datadoghq.com/api/latest/metrics: POST /api/v2/query/timeseries and GET /api/v1/query
const answerV2 = z.looseObject({
  data: z.looseObject({
    attributes: z.looseObject({
      times: z.array(z.number()),
      series: z.array(z.looseObject({ query_index: z.number(), group_tags: z.array(z.string()).nullish() })),
      values: z.array(z.array(z.number().nullable())),
    }),
  }),
});
const answerV1 = z.looseObject({
  status: z.string().optional(),
  error: z.string().optional(),
  series: z
    .array(
      z.looseObject({
        query_index: z.number().optional(),
        interval: z.number().optional(),
        pointlist: z.array(z.tuple([z.number(), z.number().nullable()])),
      }),
    )
    .optional(),
});
// docs.datadoghq.com/api/latest/metrics: POST /api/v2/query/scalar answers a column of tags for each group and one of numbers.
const scalars = z.looseObject({
  data: z.looseObject({
    attributes: z.looseObject({
      columns: z.array(z.looseObject({ type: z.string(), values: z.array(z.unknown()) })),
    }),
  }),
});
const mostEndpoints = 5;
const refused = z.looseObject({ errors: z.union([z.string(), z.array(z.unknown())]) });
const monitor = z.looseObject({ id: z.number(), name: z.string().optional(), overall_state: z.string() });

/** Counts per minute from Datadog's metrics. Datadog gives null where nothing was counted: that is no data, write default_zero(…). */
export function datadog(given: DatadogSource): ObservationSource {
  const { clock, signal, requests, errors } = given;
  const p95 = given.p95 && fillExcept(given.p95, given.except, ', ');
  const asker = createService({
    baseUrl: given.url,
    headers: { 'DD-API-KEY': given.apiKey, 'DD-APPLICATION-KEY': given.appKey },
    check: 'dd-api-key, dd-app-key (it needs timeseries_query) and observe.datadog.site',
    clock,
    signal,
  });
  const service: Service = {
    ask: (request) =>
      asker.ask(request).catch(async (error: unknown) => {
        throw await tellDatadogKeys(error, given);
      }),
  };
  const parts: [Part, string][] = [
    ['requests', requests],
    ['errors', errors],
    ...(p95 === undefined ? [] : [['p95', p95] as [Part, string]]),
  ];

  async function askV2(from: number, until: number): Promise<Point[]> {
    const queries = parts.map(([name, query]) => ({ data_source: 'metrics', query, name }));
    const attributes = {
      from,
      to: until,
      interval: MINUTE_MS,
      queries,
      formulas: parts.map(([formula]) => ({ formula })),
    };
    const json = await service.ask({
      method: 'POST',
      path: '/api/v2/query/timeseries',
      json: { data: { type: 'timeseries_request', attributes } },
    });
    refuseErrors(json);
    const parsed = answerV2.safeParse(json);
    if (!parsed.success)
      throw new SourceError('source_bad_answer', 'Datadog did not answer with series, times and values');
    const { times, series, values } = parsed.data.data.attributes;
    return toPoints(
      series.map(({ query_index }, index) => ({
        index: query_index,
        points: times.map((time, at) => [time, values[index]?.[at] ?? null]),
      })),
    );
  }

  async function askV1(from: number, until: number): Promise<Point[]> {
    const query = parts.map(([part, each]) => perMinute(each, part === 'p95' ? '60' : 'sum, 60')).join(',');
    const json = await service.ask({ path: '/api/v1/query', query: { from: from / 1000, to: until / 1000, query } });
    refuseErrors(json);
    const parsed = answerV1.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Datadog did not answer with a series');
    const { status, error, series = [] } = parsed.data;
    // Datadog says so within an answer of 200.
    if (status === 'error')
      throw new SourceError('query_refused', `Datadog refuses the query: ${cleanText(error ?? '', 300)}`);
    const other = series.find(({ interval }) => interval !== undefined && interval !== 60);
    if (other)
      throw new SourceError('unit_mistake', `Datadog counts per ${other.interval} s although 60 s were asked for`);
    return toPoints(
      series.map(({ query_index, pointlist }, index) => ({ index: query_index ?? index, points: pointlist })),
    );
  }

  function toPoints(series: { index: number; points: (number | null)[][] }[]): Point[] {
    const found = new Map<number, Point>();
    const seen = new Set<number>();
    for (const { index, points } of series) {
      const part = parts[index]?.[0];
      if (part === undefined) continue;
      if (seen.has(index))
        throw new SourceError('too_many_series', `observe.datadog.${part} gives several series: leave out "by {…}"`);
      seen.add(index);
      for (const [time, value] of points) {
        if (time === null || time === undefined) continue;
        const point = found.get(time) ?? { start: time, end: time + MINUTE_MS };
        found.set(time, { ...point, [part]: part === 'p95' && typeof value === 'number' ? value * 1000 : value });
      }
    }
    return [...found.values()].sort((a, b) => a.start - b.start);
  }

  /** Those with the most failed requests since the watch began; Datadog sums, sorts and cuts. */
  async function worstEndpoints(query: string, from: number, until: number): Promise<Reading[]> {
    const name = 'endpoints';
    const attributes = {
      from: Math.floor(from),
      to: Math.floor(until),
      queries: [{ data_source: 'metrics', query, name, aggregator: 'sum' }],
      formulas: [{ formula: name, limit: { count: mostEndpoints, order: 'desc' } }],
    };
    const json = await service.ask({
      method: 'POST',
      path: '/api/v2/query/scalar',
      json: { data: { type: 'scalar_request', attributes } },
    });
    refuseErrors(json);
    const parsed = scalars.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Datadog did not answer with columns of endpoints');
    const { columns } = parsed.data.data.attributes;
    const group = columns.find(({ type }) => type === 'group');
    if (group === undefined && columns.length > 0)
      throw new SourceError('unit_mistake', 'observe.datadog.endpoints has no "by {…}": by which tag?');
    const counts = columns.find(({ type }) => type === 'number')?.values ?? [];
    return counts.flatMap((value, row): Reading[] => {
      const tag = [group?.values[row]].flat().filter((each) => typeof each === 'string');
      if (typeof value !== 'number' || value <= 0) return [];
      const about = cleanText(tag.join(', ') || 'without a tag', 200);
      return [{ metric: 'failed-endpoint', value, unit: 'count', at: until / 1000, source: 'datadog', about }];
    });
  }

  async function readings(from: number, until: number): Promise<Reading[]> {
    const found: Reading[] = given.endpoints === undefined ? [] : await worstEndpoints(given.endpoints, from, until);
    for (const id of given.monitors ?? []) {
      const parsed = monitor.safeParse(await service.ask({ path: `/api/v1/monitor/${id}` }));
      if (!parsed.success) throw new SourceError('source_bad_answer', `Datadog did not answer with monitor ${id}`);
      const { name = '', overall_state: state } = parsed.data;
      // "No Data", "Unknown", "Skipped" and "Ignored" say nothing: neither alert nor fine.
      if (!/^(OK|Warn|Alert)$/.test(state)) continue;
      const about = cleanText(`${name} (${id}): ${state}`, 200);
      found.push({
        metric: 'monitor',
        value: state === 'Alert' ? 1 : 0,
        unit: 'count',
        at: until / 1000,
        source: 'datadog',
        about,
      });
    }
    return found;
  }

  return seriesSource({
    name: 'datadog',
    denominator: 'requests that Datadog counted',
    granularityMs: MINUTE_MS,
    readAfterMs: [30_000],
    settledAfterMs: 90_000,
    absentMeansZero: false,
    estimated: true,
    names: { requests: 'observe.datadog.requests', errors: 'observe.datadog.errors' },
    clock,
    ask: given.api === 'v1' ? askV1 : askV2,
    asked: (from, until) => ({
      query: parts.map(([part, query]) => `${part}: ${query}`).join('; '),
      ...(given.dashboard && { link: timedPage(given.dashboard, from, until) }),
    }),
    ...((given.endpoints !== undefined || (given.monitors ?? []).length > 0) && { readings }),
  });
}

/** Dashboards of Datadog take the time in their address (docs.datadoghq.com/dashboards/guide/custom_time_frames). */
function timedPage(dashboard: string, from: number, until: number): string {
  const page = new URL(dashboard);
  page.searchParams.set('from_ts', String(from));
  page.searchParams.set('to_ts', String(Math.ceil(until)));
  page.searchParams.set('live', 'false');
  return page.href;
}

/**
 * A rollup belongs to the metric, inside of the functions around it; of a distribution's percentile it has no aggregator
 * (docs.datadoghq.com/dashboards/functions/rollup). What has one already, or ends in an argument, is left as it is: another interval
 * is refused when it is answered.
 */
function perMinute(query: string, rollup: string): string {
  if (query.includes('.rollup(')) return query;
  return query.trim().replace(/((?:\}|\.as_count\(\)))(\)*)$/, `$1.rollup(${rollup})$2`);
}

function refuseErrors(json: unknown): void {
  const parsed = refused.safeParse(json);
  if (!parsed.success) return;
  const why = cleanText([parsed.data.errors].flat().map(String).join('; '), 300);
  throw new SourceError('query_refused', `Datadog refuses the query: ${why}`);
}
