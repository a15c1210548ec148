import { type Answer, type Handler, jsonAnswer } from '../http/answer.ts';
import { createRouter, type RouteHandler } from '../http/router.ts';
import { keyOf, type PromData, PromError, parsePromQl, type Sample } from './promql.ts';
import { p95Of, type Served, type Traffic } from './traffic.ts';

/** The sandbox's Prometheus, asked for itself with `token` or through the proxy of its Grafana with `grafanaToken`. */
export interface SandboxPrometheus {
  token: string;
  /** Token of a service account with the role Viewer. */
  grafanaToken: string;
  /** Uid of Grafana's data source. */
  datasource: string;
  /** Gauges by metric name, e.g. `pg_connections`. */
  gauges: Record<string, number>;
}

const counter = 'http_requests_total';
const histogram = 'http_request_duration_seconds';
/** Points that one answer holds at most (web/api/v1 of Prometheus). */
const mostPoints = 11_000;

/** The query API of Prometheus and the page that one could scrape, over what the app's functions answered. */
export function prometheusService(prometheus: SandboxPrometheus, traffic: Traffic): Handler {
  return createRouter(
    {
      ...queryRoutes('', prometheus, traffic, ({ headers }) =>
        headers.authorization === `Bearer ${prometheus.token}`
          ? undefined
          : { status: 401, headers: { 'content-type': 'text/plain' }, body: 'Unauthorized\n' },
      ),
      'GET /-/ready': () => ({ status: 200, body: 'Prometheus Server is Ready.\n' }),
      'GET /metrics': () => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4' },
        body: page(prometheus, traffic),
      }),
    },
    () => ({ status: 404, headers: { 'content-type': 'text/plain' }, body: '404 page not found\n' }),
  );
}

/** Grafana's proxy of that data source (grafana.com/docs/grafana/latest/developers/http_api/data_source). */
export function grafanaService(prometheus: SandboxPrometheus, traffic: Traffic): Handler {
  const refuse: Refuse = ({ headers }, { uid }) => {
    if (headers.authorization !== `Bearer ${prometheus.grafanaToken}`)
      return jsonAnswer(401, {
        message: 'Invalid API key',
        messageId: 'api-key.invalid',
        statusCode: 401,
        traceID: '',
      });
    if (uid !== prometheus.datasource) return jsonAnswer(404, { message: 'Data source not found', traceID: '' });
    return undefined;
  };
  return createRouter(queryRoutes('/api/datasources/proxy/uid/:uid', prometheus, traffic, refuse), () =>
    jsonAnswer(404, { message: 'Not found' }),
  );
}

type Refuse = (...given: Parameters<RouteHandler>) => Answer | undefined;

function queryRoutes(prefix: string, { gauges }: SandboxPrometheus, traffic: Traffic, refuse: Refuse) {
  const guarded =
    (answer: (query: URLSearchParams) => unknown): RouteHandler =>
    (request, parameters) => {
      const refused = refuse(request, parameters);
      if (refused !== undefined) return refused;
      try {
        return jsonAnswer(200, { status: 'success', data: answer(request.query) });
      } catch (error) {
        if (!(error instanceof PromError)) throw error;
        const status = error.type === 'bad_data' ? 400 : 422;
        return jsonAnswer(status, { status: 'error', errorType: error.type, error: error.message });
      }
    };
  return {
    [`GET ${prefix}/api/v1/query`]: guarded((query) => {
      const at = timeOf(query, 'time');
      const evaluate = parsePromQl(query.get('query') ?? '');
      const result = unique(evaluate(at, dataOf(traffic, gauges, 0, at))).map(({ labels, value }) => ({
        metric: labels,
        value: [at / 1000, textOf(value)],
      }));
      return { resultType: 'vector', result };
    }),
    [`GET ${prefix}/api/v1/query_range`]: guarded((query) => {
      const [start, end] = [timeOf(query, 'start'), timeOf(query, 'end')];
      const step = Number(query.get('step')) * 1000;
      if (!(step > 0) || end < start) throw new PromError('bad_data', 'invalid parameter "step" or "end"');
      if ((end - start) / step > mostPoints)
        throw new PromError('bad_data', 'exceeded maximum resolution of 11,000 points per timeseries');
      const evaluate = parsePromQl(query.get('query') ?? '');
      const data = dataOf(traffic, gauges, 0, end);
      const series = new Map<string, { metric: Record<string, string>; values: [number, string][] }>();
      for (let at = start; at <= end; at += step) {
        for (const { labels, value } of unique(evaluate(at, data))) {
          const known = series.get(keyOf(labels)) ?? { metric: labels, values: [] };
          known.values.push([at / 1000, textOf(value)]);
          series.set(keyOf(labels), known);
        }
      }
      return { resultType: 'matrix', result: [...series.values()] };
    }),
  };
}

/** Unix seconds: what is milliseconds lies far in the future. */
function timeOf(query: URLSearchParams, name: string): number {
  const time = Number(query.get(name) ?? Number.NaN);
  if (!(time >= 0 && time < 1e11))
    throw new PromError('bad_data', `invalid parameter "${name}": cannot parse to a valid timestamp`);
  return time * 1000;
}

function textOf(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : `${value > 0 ? '+' : '-'}Inf`;
}

function unique(samples: Sample[]): Sample[] {
  if (new Set(samples.map(({ labels }) => keyOf(labels))).size < samples.length)
    throw new PromError('execution', 'vector cannot contain metrics with the same labelset');
  return samples;
}

function dataOf(traffic: Traffic, gauges: Record<string, number>, since: number, until: number): PromData {
  const all = traffic.served(since, until + 1);
  const series = [...Map.groupBy(all, (one) => keyOf(labelsOf(one)))].map(([key, served]) => ({
    labels: Object.fromEntries(JSON.parse(key) as [string, string][]),
    times: served.map(({ at }) => at),
  }));
  const counted = (from: number, end: number): Sample[] =>
    series.flatMap(({ labels, times }) => {
      const until = countUntil(times, end);
      // A series is there as soon as its first request was served, and stays.
      return until === 0 ? [] : [{ labels, value: until - countUntil(times, from) }];
    });
  return {
    instant(metric, at) {
      if (metric === counter) return counted(Number.NEGATIVE_INFINITY, at).map((one) => named(one, metric));
      const value = gauges[metric];
      return value === undefined ? [] : [named({ labels: {}, value }, metric)];
    },
    grown: (metric, from, end) => (metric === counter ? counted(from, end) : []),
    quantile(_share, metric, matches, from, end) {
      if (metric !== histogram) return undefined;
      const inside = all.filter((one) => one.at > from && one.at <= end && matches(labelsOf(one)));
      const milliseconds = p95Of(inside);
      return milliseconds === undefined ? Number.NaN : milliseconds / 1000;
    },
  };
}

/** How many of sorted times are not after one. */
function countUntil(times: readonly number[], time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function named({ labels, value }: Sample, metric: string): Sample {
  return { labels: { __name__: metric, ...labels }, value };
}

function labelsOf({ path, status, environment, deployment, commit, release }: Served): Record<string, string> {
  const labels = { route: path, code: String(status), env: environment, deployment, commit, version: release };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ''));
}

function page({ gauges }: SandboxPrometheus, traffic: Traffic): string {
  const now = traffic.now();
  const counted = dataOf(traffic, gauges, 0, now).grown(counter, Number.NEGATIVE_INFINITY, now);
  const lines = counted.map(({ labels, value }) => {
    const inside = Object.entries(labels).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
    return `${counter}{${inside.join(',')}} ${value}`;
  });
  const told = Object.entries(gauges).map(([name, value]) => `${name} ${value}`);
  return `${[`# TYPE ${counter} counter`, ...lines, ...told].join('\n')}\n`;
}
