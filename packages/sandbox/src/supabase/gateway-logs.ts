import { type Answer, type Handler, jsonAnswer } from '../http/answer.ts';

/** A request through the gateway of the project: to a function, to storage, to the data API. */
export interface GatewayRequest {
  /** Milliseconds since the epoch. */
  at: number;
  path: string;
  status: number;
  /** How long the gateway waited for what is behind it, in milliseconds; 0 where it answered itself. */
  durationMs: number;
}

/** Keeps what came through the gateway; the Management API below /v1/ is no part of it. */
export function keepGatewayRequests(kept: GatewayRequest[], handler: Handler): Handler {
  return async (request) => {
    if (request.path.startsWith('/v1/')) return handler(request);
    const started = performance.now();
    const answer = await handler(request);
    const durationMs = performance.now() - started;
    kept.push({ at: Date.now(), path: request.path, status: answer.status, durationMs });
    return answer;
  };
}

const day = 24 * 3_600_000;
const minute = 60_000;
const failed = "countIf(toInt32OrZero(log_attributes['response.status_code']) >= 500)";
const sources: Record<string, { time: string; route: string; passes(request: GatewayRequest): boolean }> = {
  edge_logs: { time: 'response.origin_time', route: 'request.path', passes: () => true },
  function_edge_logs: {
    ...{ time: 'execution_time_ms', route: 'request.pathname' },
    passes: ({ path }) => path.startsWith('/functions/v1/'),
  },
};

/**
 * The questions about counts that the logs endpoint is asked, in ClickHouse's SQL (facts: Supabase logs): a row per minute, the worst
 * minute, or a percentile of a time. Undefined where the query is none of them; large numbers are text.
 */
export function answerCounts(kept: readonly GatewayRequest[], query: URLSearchParams): Answer | undefined {
  const sql = query.get('sql') ?? '';
  const name = /from logs where source = '(\w+)'/.exec(sql)?.[1] ?? '';
  const source = sources[name];
  if (source === undefined) return undefined;
  const [from, until] = ['start', 'end'].map((end) => Date.parse(query.get(`iso_timestamp_${end}`) ?? '')) as [
    number,
    number,
  ];
  if (!(until > from)) return problem('iso_timestamp_start and iso_timestamp_end are needed');
  if (until - from > day) return problem('the time range is longer than 24 hours');
  const inside = kept.filter((one) => one.at >= from && one.at < until && source.passes(one));
  const tail = `from logs where source = '${name}'`;
  const time = `toFloat64OrZero(log_attributes['${source.time}'])`;
  const [, excepted] =
    new RegExp(`log_attributes\\['${source.route.replace('.', '\\.')}'\\] not in \\(([^)]*)\\)`).exec(sql) ?? [];
  const except = (excepted ?? '').split(', ').map((route) => route.replace(/^'|'$/g, ''));
  const others = excepted === undefined ? '' : ` and log_attributes['${source.route}'] not in (${excepted})`;
  const timed = (some: readonly GatewayRequest[]) =>
    some.filter(({ durationMs, path }) => durationMs > 0 && !except.includes(path.replace('/functions/v1', '')));
  const p95 = `quantileIf(0.95)(${time}, ${time} > 0${others}) as p95`;
  const minutes = Map.groupBy(inside, ({ at }) => at - (at % minute));
  switch (sql) {
    case `select toUnixTimestamp(toStartOfMinute(timestamp)) as minute, count() as requests, ${failed} as errors, ${p95} ${tail} group by minute order by minute limit 1000`: {
      const rows = [...minutes].sort(([a], [b]) => a - b).slice(0, 1000);
      const told = rows.map(([start, some]) => ({
        ...{ minute: start / 1000, requests: String(some.length), errors: String(some.filter(isFailed).length) },
        p95: quantile(timed(some)),
      }));
      return jsonAnswer(200, { result: told });
    }
    case `select max(errors) as errors from (select toStartOfMinute(timestamp) as minute, ${failed} as errors ${tail} group by minute)`: {
      const errors = Math.max(0, ...[...minutes.values()].map((some) => some.filter(isFailed).length));
      return jsonAnswer(200, { result: [{ errors: String(errors) }] });
    }
    case `select countIf(${time} > 0${others}) as requests, ${p95} ${tail}`:
      return jsonAnswer(200, {
        result: [{ requests: String(timed(inside).length), p95: quantile(timed(inside)) }],
      });
    default:
      return problem(
        `Code: 62. DB::Exception: Syntax error, or a query that the sandbox does not know: ${sql.slice(0, 80)}`,
      );
  }
}

function problem(message: string): Answer {
  return jsonAnswer(200, { result: null, error: { message } });
}

function isFailed({ status }: GatewayRequest): boolean {
  return status >= 500;
}

/** ClickHouse gives null for a quantile of nothing. */
function quantile(some: readonly GatewayRequest[]): number | null {
  const times = some.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return times[Math.max(0, Math.ceil(times.length * 0.95) - 1)] ?? null;
}
