import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
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
const WORST_OF_MINUTES = 5;
const failed = "countIf(toInt32OrZero(log_attributes['response.status_code']) >= 500)";
const tables = {
  edge: { source: 'edge_logs', denominator: 'requests through the Supabase API' },
  functions: { source: 'function_edge_logs', denominator: 'calls of edge functions' },
};

const number = z.union([z.number(), z.string()]);
const minutes = z.looseObject({ minute: number, requests: number, errors: number, p95: number.nullish() });
const worst = z.looseObject({ errors: number });

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
    clock,
    signal,
  });
  const time = "toFloat64OrZero(log_attributes['execution_time_ms'])";
  // Routes have letters of a closed list (config/rules): nothing to escape.
  const routes = (given.except ?? []).map((route) => `'${route}'`).join(', ');
  const quantile =
    routes === ''
      ? `quantile(0.95)(${time})`
      : `quantileIf(0.95)(${time}, log_attributes['request.pathname'] not in (${routes}))`;
  const latency = given.of === 'functions' ? `, ${quantile} as p95` : '';
  const sql = `select toUnixTimestamp(toStartOfMinute(timestamp)) as minute, count() as requests, ${failed} as errors${latency} from logs where source = '${source}' group by minute order by minute limit 1000`;

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

  async function readings(_from: number, until: number): Promise<Reading[]> {
    const end = (Math.floor(until / MINUTE_MS) - 1) * MINUTE_MS;
    const query = `select max(errors) as errors from (select toStartOfMinute(timestamp) as minute, ${failed} as errors from logs where source = '${tables.functions.source}' group by minute)`;
    const [row] = await rowsOf(worst, query, end - WORST_OF_MINUTES * MINUTE_MS, end);
    // Functions that nobody called have no failed calls.
    const value = Number(row?.errors ?? 0);
    if (!Number.isFinite(value)) throw new SourceError('source_bad_answer', 'Supabase did not answer with a number');
    const about = 'failed calls of edge functions in the worst minute';
    return [{ metric: 'function-errors', value, unit: 'count', at: until / 1000, source: 'supabase-logs', about }];
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
    ...(given.functionErrors && { readings }),
  });
}
