import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import { gaugeParts } from '../gauge-parts.ts';
import type { Reading } from '../reading.ts';
import { type ObservationSource, SourceError } from '../source.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService } from './service.ts';

/** Which logs of which project are counted. */
export interface SupabaseLogsSource {
  /** https://api.supabase.com */
  url: string;
  token: string;
  /** Reference of the project, 20 letters. */
  project: string;
  /** `edge`: requests through the API gateway. `functions`: calls of edge functions. */
  of: 'edge' | 'functions';
  /** Also tells the failed calls of edge functions in the worst minute, beside the counts and apart from them (EDG-10). */
  functionErrors?: boolean | undefined;
  /** Also tells the 95th percentile of what the API gateway waited for, whatever `of` says (PDW-02). */
  apiResponseTime?: boolean | undefined;
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const MINUTE_MS = 60_000;
// Rows beyond the limit of the query would count as minutes without requests; Supabase itself answers for 24 hours at most
// (supabase.com/changelog/34634).
const LONGEST_MS = 12 * 3_600_000;
/** A watch reads numbers beside the counts every five minutes; the newest minute is still being written. */
const NEWEST_MINUTES = 5;
/** The 95th percentile of fewer requests is hardly more than the slowest one. */
const LEAST_TIMED = 20;
const failed = "countIf(toInt32OrZero(log_attributes['response.status_code']) >= 500)";
const tables = {
  // What the gateway waited for behind it, as Studio's field reference names it.
  edge: {
    source: 'edge_logs',
    denominator: 'requests through the Supabase API',
    time: 'response.origin_time',
    route: 'request.path',
  },
  functions: {
    source: 'function_edge_logs',
    denominator: 'calls of edge functions',
    time: 'execution_time_ms',
    route: 'request.pathname',
  },
};

const number = z.union([z.number(), z.string()]);
const minutes = z.looseObject({ minute: number, requests: number, errors: number, p95: number.nullish() });
const worst = z.looseObject({ errors: number });
const times = z.looseObject({ requests: number, p95: number.nullish() });

/**
 * Requests per minute from Supabase's logs. The Management API takes 30 questions a minute and a day at most (facts §6), and says
 * errors within an answer of 200 (trap 39). ClickHouse gives large numbers as text.
 */
export function supabaseLogs(given: SupabaseLogsSource): ObservationSource {
  const { clock, signal, project } = given;
  const { source, denominator } = tables[given.of];
  const service = createService({
    baseUrl: given.url,
    headers: { authorization: `Bearer ${given.token}` },
    check: 'supabase-access-token (sbp_…) and observe.supabase-logs.project',
    credential: { input: 'supabase-access-token', of: 'supabase', value: given.token },
    clock,
    signal,
  });
  const p95 = timesOf(given.of).p95;
  const sql = `select toUnixTimestamp(toStartOfMinute(timestamp)) as minute, count() as requests, ${failed} as errors, ${p95} from logs where source = '${source}' group by minute order by minute limit 1000`;

  /** SQL of what a table says of response times. */
  function timesOf(of: 'edge' | 'functions'): { p95: string; timed: string } {
    const time = `toFloat64OrZero(log_attributes['${tables[of].time}'])`;
    // Routes have letters of a closed list (config/rules): nothing to escape.
    const routes = (given.except ?? []).map((route) => `'${route}'`).join(', ');
    const others = routes === '' ? [] : [`log_attributes['${tables[of].route}'] not in (${routes})`];
    // An answer of the gateway itself waited for nobody: it is a request, and no response time.
    const timed = [`${time} > 0`, ...others].join(' and ');
    return { timed, p95: `quantileIf(0.95)(${time}, ${timed}) as p95` };
  }

  async function rowsOf<Row extends z.ZodType>(row: Row, query: string, from: number, until: number) {
    const json = await service.ask({
      path: `/v1/projects/${encodeURIComponent(project)}/analytics/endpoints/logs`,
      query: {
        sql: query,
        iso_timestamp_start: new Date(from).toISOString(),
        iso_timestamp_end: new Date(until).toISOString(),
      },
    });
    const answer = z.looseObject({ error: z.unknown().optional(), result: z.array(row).nullish() });
    const parsed = answer.safeParse(json);
    if (!parsed.success)
      throw new SourceError('source_bad_answer', 'Supabase did not answer with rows of minute, requests and errors');
    const { error, result } = parsed.data;
    if (error === undefined || error === null) return result ?? [];
    const message = `Supabase refuses the query: ${cleanText(JSON.stringify(error), 300)}`;
    throw new SourceError('query_refused', message);
  }

  async function ask(from: number, until: number): Promise<Point[]> {
    const rows = await rowsOf(minutes, sql, from, until);
    return rows.map(({ minute, requests, errors, p95 }) => {
      const start = Number(minute) * 1000;
      const point = { start, end: start + MINUTE_MS, requests: Number(requests), errors: Number(errors) };
      return p95 === undefined || p95 === null ? point : { ...point, p95: Number(p95) };
    });
  }

  async function functionErrors(until: number): Promise<Reading[]> {
    const { from, end } = newest(until);
    const query = `select max(errors) as errors from (select toStartOfMinute(timestamp) as minute, ${failed} as errors from logs where source = '${tables.functions.source}' group by minute)`;
    const [row] = await rowsOf(worst, query, from, end);
    // Functions that nobody called have no failed calls.
    const value = Number(row?.errors ?? 0);
    if (!Number.isFinite(value)) throw new SourceError('source_bad_answer', 'Supabase did not answer with a number');
    const about = 'failed calls of edge functions in the worst minute';
    const reading = { metric: 'function-errors', value, unit: 'count' as const, at: until / 1000, periodMs: MINUTE_MS };
    return [{ ...reading, source: 'supabase-logs', about }];
  }

  /** Of all requests of a time at once: percentiles of its minutes could not be put together. */
  async function apiResponseTime(from: number, end: number, at: number): Promise<Reading[]> {
    const { timed, p95: percentile } = timesOf('edge');
    const query = `select countIf(${timed}) as requests, ${percentile} from logs where source = '${tables.edge.source}'`;
    const [row] = await rowsOf(times, query, from, end);
    const samples = Number(row?.requests ?? 0);
    if (samples < LEAST_TIMED) return [];
    const value = Number(row?.p95 ?? Number.NaN);
    if (!Number.isFinite(value)) throw new SourceError('source_bad_answer', 'Supabase did not answer with a number');
    const about = `p95 of ${samples} requests through the Supabase API`;
    const reading = { metric: 'api-response-time', value, unit: 'ms' as const, at: at / 1000, samples };
    return [{ ...reading, source: 'supabase-logs', about }];
  }

  async function readings(_from: number, until: number): Promise<Reading[]> {
    const { from, end } = newest(until);
    return [
      ...(given.functionErrors ? await functionErrors(until) : []),
      ...(given.apiResponseTime ? await apiResponseTime(from, end, until) : []),
    ];
  }

  async function readingsOver(from: number, until: number): Promise<Reading[]> {
    const points: Reading[] = [];
    for (const { periodMs, ...part } of gaugeParts(from, until, LONGEST_MS)) {
      const found = await apiResponseTime(part.from, part.until, part.until);
      points.push(...found.map((reading) => ({ ...reading, periodMs })));
    }
    return points;
  }

  return seriesSource({
    name: 'supabase-logs',
    denominator,
    granularityMs: MINUTE_MS,
    readAfterMs: [20_000],
    settledAfterMs: 80_000,
    longestMs: LONGEST_MS,
    absentMeansZero: true,
    names: { requests: `the ${given.of} logs`, errors: 'their answers of 5xx' },
    clock,
    ask,
    asked: () => ({ query: sql }),
    ...((given.functionErrors || given.apiResponseTime) && { readings }),
    ...(given.apiResponseTime && { readingsOver }),
  });
}

function newest(until: number): { from: number; end: number } {
  const end = (Math.floor(until / MINUTE_MS) - 1) * MINUTE_MS;
  return { from: end - NEWEST_MINUTES * MINUTE_MS, end };
}
