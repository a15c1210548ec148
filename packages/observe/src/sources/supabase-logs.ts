import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
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
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const MINUTE_MS = 60_000;
const tables = {
  edge: { source: 'edge_logs', denominator: 'requests through the Supabase API' },
  functions: { source: 'function_edge_logs', denominator: 'calls of edge functions' },
};

const answer = z.looseObject({
  error: z.unknown().optional(),
  result: z
    .array(
      z.looseObject({
        minute: z.union([z.number(), z.string()]),
        requests: z.union([z.number(), z.string()]),
        errors: z.union([z.number(), z.string()]),
        p95: z.union([z.number(), z.string()]).nullish(),
      }),
    )
    .nullish(),
});

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
  const sql = `select toUnixTimestamp(toStartOfMinute(timestamp)) as minute, count() as requests, countIf(toInt32OrZero(log_attributes['response.status_code']) >= 500) as errors${latency} from logs where source = '${source}' group by minute order by minute limit 1000`;

  async function ask(from: number, until: number): Promise<Point[]> {
    const json = await service.ask({
      path: `/v1/projects/${encodeURIComponent(project)}/analytics/endpoints/logs`,
      query: {
        sql,
        iso_timestamp_start: new Date(from).toISOString(),
        iso_timestamp_end: new Date(until).toISOString(),
      },
    });
    const parsed = answer.safeParse(json);
    if (!parsed.success)
      throw new SourceError('source_bad_answer', 'Supabase did not answer with rows of minute, requests and errors');
    if (parsed.data.error !== undefined && parsed.data.error !== null) {
      throw new SourceError(
        'query_refused',
        `Supabase refuses the query: ${cleanText(JSON.stringify(parsed.data.error), 300)}`,
      );
    }
    return (parsed.data.result ?? []).map(({ minute, requests, errors, p95 }) => {
      const start = Number(minute) * 1000;
      const point = { start, end: start + MINUTE_MS, requests: Number(requests), errors: Number(errors) };
      return p95 === undefined || p95 === null ? point : { ...point, p95: Number(p95) };
    });
  }

  return seriesSource({
    name: 'supabase-logs',
    denominator,
    granularityMs: MINUTE_MS,
    readAfterMs: [20_000],
    settledAfterMs: 80_000,
    absentMeansZero: true,
    names: { requests: `the ${given.of} logs`, errors: 'their answers of 5xx' },
    clock,
    ask,
    asked: () => ({ query: sql }),
  });
}
