import { z } from 'zod';
import { readingUnits } from '#config/reading-rule';
import type { Clock } from '#http/clock';
import type { Reading } from '../reading.ts';
import { type Asked, type ObservationSource, SourceError } from '../source.ts';
import { fillExcept } from './fill-except.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService } from './service.ts';

/** Queries of a Prometheus-compatible server; `{interval}` in them becomes the length of an interval, e.g. 60s. */
export interface PrometheusSource {
  name: 'prometheus' | 'grafana';
  /** Address of the server, or of Grafana. */
  url: string;
  /** Uid of Grafana's data source; its proxy speaks the API of Prometheus. */
  datasource?: string | undefined;
  /** Sent as a bearer token to the host of `url` only. */
  token?: string | undefined;
  requests: string;
  errors: string;
  /** Gives seconds, as Prometheus' conventions want; `{except}` becomes a pattern of the routes: route!~"{except}". */
  p95?: string | undefined;
  /** Queries by metric name (database-cpu, lcp …); shares as 0 to 1, times in seconds. */
  gauges?: Record<string, string> | undefined;
  /** How often the server scrapes; two scrapes are the least that an increase is made of. Default 15 s. */
  scrapeMs?: number | undefined;
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const PART = 'ops_actions_part';
/** What {interval} is in a gauge, at least. */
const shortestMs = 60_000;
const answer = z.looseObject({
  status: z.string(),
  error: z.string().optional(),
  data: z
    .looseObject({
      result: z.array(
        z.looseObject({
          metric: z.record(z.string(), z.string()),
          values: z.array(z.tuple([z.number(), z.string()])).optional(),
          value: z.tuple([z.number(), z.string()]).optional(),
        }),
      ),
    })
    .optional(),
});

/** Counts from a Prometheus server, or from Grafana's proxy of one: one range query per reading, whatever the number of intervals. */
export function prometheus(given: PrometheusSource): ObservationSource {
  const { name, clock, signal, token, requests, errors } = given;
  const p95 = given.p95 && fillExcept(given.p95, given.except?.map(escapePattern), '|');
  for (const [setting, query] of Object.entries({ requests, errors }))
    refuseUnitMistakes(`observe.${name}.${setting}`, query);
  const scrapeMs = given.scrapeMs ?? 15_000;
  const service = createService({
    baseUrl: given.url,
    headers: token ? { authorization: `Bearer ${token}` } : {},
    check: `${name}-url, ${name}-token and observe.${name}`,
    credential: token === undefined ? undefined : { input: `${name}-token`, of: name, value: token },
    clock,
    signal,
  });
  const prefix = given.datasource ? `/api/datasources/proxy/uid/${encodeURIComponent(given.datasource)}` : '';

  async function ask(path: string, query: Record<string, string | number>) {
    const parsed = answer.safeParse(await service.ask({ path: `${prefix}/api/v1/${path}`, query }));
    if (!parsed.success || parsed.data.status !== 'success' || !parsed.data.data) {
      const why = parsed.data?.error ?? 'the answer is not one of Prometheus';
      throw new SourceError('source_bad_answer', `${why}. Check ${name}-url`);
    }
    return parsed.data.data.result;
  }

  /** The page that shows the queries: Prometheus' own, or Explore of Grafana. */
  function asked(from: number, until: number): Asked {
    const query = `requests: ${requests}; errors: ${errors}`;
    if (name === 'grafana') return { query, link: explorePage(given, from, until) };
    const page = new URL(`${given.url.replace(/\/$/, '')}/graph`);
    const minutes = Math.max(1, Math.ceil((until - from) / 60_000));
    for (const [index, part] of [requests, errors].entries()) {
      page.searchParams.set(`g${index}.expr`, part.replaceAll('{interval}', '60s'));
      page.searchParams.set(`g${index}.tab`, '0');
      page.searchParams.set(`g${index}.range_input`, `${minutes}m`);
      page.searchParams.set(`g${index}.end_input`, new Date(until).toISOString().slice(0, 19).replace('T', ' '));
    }
    page.username = '';
    page.password = '';
    return { query, link: page.href };
  }

  async function askSeries(from: number, until: number, stepMs: number): Promise<Point[]> {
    const parts = { requests, errors, ...(p95 !== undefined && { p95 }) };
    const [start, end, step] = [(from + stepMs) / 1000, until / 1000, stepMs / 1000];
    const result = await ask('query_range', { query: unionOf(parts, stepMs), start, end, step });
    const points = new Map<number, Point>();
    const seen = new Set<string>();
    for (const { metric, values = [] } of result) {
      const part = metric[PART] ?? '';
      if (seen.has(part)) {
        throw new SourceError('too_many_series', `observe.${name}.${part} gives several series: wrap it in sum(…)`);
      }
      seen.add(part);
      for (const [at, text] of values) {
        const time = Math.round(at * 1000);
        const point = points.get(time) ?? { start: time - stepMs, end: time };
        const value = Number(text);
        points.set(time, { ...point, [part]: part === 'p95' ? milliseconds(value, name) : value });
      }
    }
    return [...points.values()].sort((a, b) => a.start - b.start);
  }

  async function readings(_from: number, until: number): Promise<Reading[]> {
    const query = unionOf(given.gauges ?? {}, shortestMs);
    const result = await ask('query', { query, time: until / 1000 });
    return result.flatMap(({ metric, value }) => (value ? readingOf(name, metric[PART] ?? '', value) : []));
  }

  /** Over at least the time between two points, so that nothing between them stays unseen where a gauge has {interval}. */
  async function readingsOver(from: number, until: number, stepMs: number): Promise<Reading[]> {
    const query = unionOf(given.gauges ?? {}, Math.max(shortestMs, stepMs));
    const [start, end, step] = [(from + stepMs) / 1000, until / 1000, stepMs / 1000];
    const result = await ask('query_range', { query, start, end, step });
    return result.flatMap(({ metric, values = [] }) =>
      values.flatMap((point) => readingOf(name, metric[PART] ?? '', point)),
    );
  }

  return seriesSource({
    name,
    denominator: 'requests that Prometheus counted',
    granularityMs: 2 * scrapeMs,
    // The scrape that belongs to the end of an interval comes up to one scrape later.
    readAfterMs: [scrapeMs + 1_000],
    settledAfterMs: scrapeMs + 1_000,
    absentMeansZero: false,
    estimated: true,
    names: { requests: `observe.${name}.requests`, errors: `observe.${name}.errors` },
    clock,
    ask: askSeries,
    asked,
    ...(given.gauges && Object.keys(given.gauges).length > 0 && { readings, readingsOver }),
  });
}

/** One value of a gauge, in the unit of its name. NaN is no reading: what is not there is never 0. @throws SourceError. */
function readingOf(source: PrometheusSource['name'], part: string, [at, text]: [number, string]): Reading[] {
  if (!Number.isFinite(Number(text)) || text === '') return [];
  const known = (readingUnits as Record<string, Reading['unit']>)[part];
  const unit = known ?? 'share';
  if (known === 'share') refusePercent(`observe.${source}.gauges.${part}`, Number(text));
  const value = unit === 'ms' ? milliseconds(Number(text), `${source}.gauges`) : Number(text);
  return [{ metric: part, value, unit, at, source }];
}

/** Explore keeps its panes in its address (schemaVersion 1, since Grafana 10); the time in milliseconds, as text. */
function explorePage(
  { url, datasource = '', requests, errors }: PrometheusSource,
  from: number,
  until: number,
): string {
  const page = new URL(`${url.replace(/\/$/, '')}/explore`);
  const queries = [requests, errors].map((query, index) => ({
    refId: 'AB'.charAt(index),
    datasource: { type: 'prometheus', uid: datasource },
    expr: query.replaceAll('{interval}', '60s'),
  }));
  const range = { from: String(Math.floor(from)), to: String(Math.ceil(until)) };
  page.searchParams.set('schemaVersion', '1');
  page.searchParams.set('panes', JSON.stringify({ watch: { datasource, queries, range } }));
  page.username = '';
  page.password = '';
  return page.href;
}

/** All parts in one question, told apart by a label: a release must not cost a request per number. */
function unionOf(parts: Record<string, string>, stepMs: number): string {
  return Object.entries(parts)
    .map(([part, query]) => {
      const filled = query.replaceAll('{interval}', `${Math.round(stepMs / 1000)}s`);
      return `label_replace(label_replace((${filled}), "${PART}", "${part}", "", ""), "__name__", "", "", "")`;
    })
    .join(' or ');
}

/** A dot in a route is a dot, and a pattern stands in a string, where a backslash stands twice. */
function escapePattern(route: string): string {
  return route.replace(/[.]/g, '\\\\.');
}

/** Rates per second and shares are not counts; said when the watch begins, not after it judged nonsense. */
function refuseUnitMistakes(setting: string, query: string): void {
  const wrong = (message: string): never => {
    throw new SourceError('unit_mistake', `${setting} ${message}, e.g. sum(increase(http_requests_total[{interval}]))`);
  };
  if (!query.includes('{interval}'))
    wrong('must count over [{interval}], so that intervals neither overlap nor leave holes');
  if (/\b(irate|rate)\s*\(/.test(query) && !query.includes('*'))
    wrong('gives requests per second, not a number of requests: use increase');
  if (/\)\s*\/\s*(sum|count|avg|\()/.test(query)) wrong('divides: that gives a share, not a number of requests');
}

function refusePercent(setting: string, value: number): void {
  if (value <= 1.5) return;
  throw new SourceError('unit_mistake', `${setting} gives ${value}: is that per cent? Divide it by 100`);
}

function milliseconds(seconds: number, name: string): number {
  if (seconds > 600) {
    throw new SourceError(
      'unit_mistake',
      `observe.${name}.p95 gives ${seconds} s: does it count milliseconds? Divide it by 1000`,
    );
  }
  return seconds * 1000;
}
