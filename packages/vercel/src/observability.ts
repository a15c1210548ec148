import { z } from 'zod';
import { VercelError } from './vercel-error.ts';
import type { VercelProject } from './vercel-types.ts';

export interface ObservabilityQuery {
  /** Milliseconds; rounded down to whole buckets. */
  from: number;
  /** Milliseconds, exclusive; rounded down to whole buckets, so a bucket that is still filling is never asked for. */
  until: number;
  /** At least what Vercel allows for the span is used: 1 minute up to an hour, 5 up to 12 hours, then 60 and 240 (facts §6). */
  granularityMinutes: number;
  /** `metrics` is the newer endpoint that `vercel metrics` uses (CLI 64); `query` the documented one. Default `query`. */
  endpoint?: 'query' | 'metrics';
}

/** Requests of production in one bucket; start and end in milliseconds. */
export interface ObservabilityBucket {
  start: number;
  end: number;
  requests: number;
  /** Answers with status 500 to 599. */
  errors: number;
}

const METRIC = 'vercel.request.count';
/** Value columns are `<metric>_<aggregation>` with dots turned into underscores. */
const COLUMN = 'vercel_request_count_sum';
const LIMIT = 1_000;
const MINUTE = 60_000;

const answer = z.looseObject({
  data: z.array(
    z.looseObject({
      timestamp: z.union([z.string(), z.number()]),
      httpStatus: z.union([z.string(), z.number()]).nullish(),
      [COLUMN]: z.number(),
    }),
  ),
});

/** The newer endpoint: `series` instead of `data`, dimensions and values apart (facts §5). Read as rows of the documented one. */
const metricsAnswer = z
  .looseObject({
    series: z.array(
      z.looseObject({
        timestamp: z.union([z.string(), z.number()]),
        dimensions: z.looseObject({ httpStatus: z.union([z.string(), z.number()]).nullish() }),
        values: z.looseObject({ value: z.number() }),
      }),
    ),
  })
  .transform(({ series }) => ({
    data: series.map(({ timestamp, dimensions, values }) => {
      return { timestamp, httpStatus: dimensions.httpStatus, [COLUMN]: values.value };
    }),
  }));

/**
 * Counts the requests of production per bucket. A bucket without requests is absent, and so is one that Vercel has not
 * counted yet: what the absence means is the caller's decision (trap 15). Throws VercelError: observability_plus_missing
 * (402), observability_truncated, and as every other call.
 */
export async function queryObservability(
  project: VercelProject,
  query: ObservabilityQuery,
): Promise<ObservabilityBucket[]> {
  const { start, end, minutes } = alignQuery(query);
  if (end <= start) return [];
  const what = `Reading the request counts of project ${project.name}`;
  const metrics = query.endpoint === 'metrics';
  let json: unknown;
  try {
    json = metrics
      ? await project.queryObservability(metricsBody(project, start, end, minutes), '/metrics/v1')
      : await project.queryObservability(queryBody(project, start, end, minutes), '/v2/observability/query');
  } catch (error) {
    if (!(error instanceof VercelError) || error.status !== 402) throw error;
    const message = `${what} needs Vercel's Observability Plus, which this team does not have. Use source: vercel-runtime-logs, probe or http-json.`;
    throw new VercelError('observability_plus_missing', message, { status: 402, cause: error });
  }
  const parsed = metrics ? metricsAnswer.safeParse(json) : answer.safeParse(json);
  if (!parsed.success) {
    throw new VercelError(
      'vercel_bad_answer',
      `${what}: Vercel's answer is not what its documentation says (${parsed.error.issues[0]?.message}).`,
    );
  }
  if (parsed.data.data.length >= LIMIT) {
    throw new VercelError(
      'observability_truncated',
      `${what}: more than ${LIMIT} rows; ask for a shorter time or a coarser granularity.`,
    );
  }
  return toBuckets(parsed.data.data, minutes * MINUTE, what);
}

function queryBody(project: VercelProject, start: number, end: number, minutes: number): object {
  return {
    metric: METRIC,
    scope: { type: 'project', ownerId: project.accountId, projectIds: [project.id] },
    aggregation: 'sum',
    groupBy: ['httpStatus'],
    filter: "environment eq 'production'",
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    granularity: { minutes },
    limit: LIMIT,
  };
}

function metricsBody(project: VercelProject, start: number, end: number, minutes: number): object {
  return {
    scope: { ownerId: project.accountId, projectIds: [project.id] },
    timeRange: { start: new Date(start).toISOString(), end: new Date(end).toISOString() },
    bucketSeconds: minutes * 60,
    groupBy: ['httpStatus'],
    filter: 'environment:production',
    metrics: { value: { metric: METRIC, aggregation: 'sum' } },
    outputs: ['value'],
  };
}

/** Whole buckets of the finest size that Vercel allows for the span (facts §6). */
export function alignQuery(query: ObservabilityQuery): { start: number; end: number; minutes: number } {
  const span = (query.until - query.from) / MINUTE;
  const least = span <= 60 ? 1 : span <= 720 ? 5 : span <= 4_320 ? 60 : 240;
  const minutes = Math.max(least, Math.ceil(query.granularityMinutes));
  const bucket = minutes * MINUTE;
  return { start: Math.floor(query.from / bucket) * bucket, end: Math.floor(query.until / bucket) * bucket, minutes };
}

type Row = { timestamp: string | number; httpStatus?: string | number | null | undefined; [COLUMN]: number };

function toBuckets(rows: readonly Row[], bucketMs: number, what: string): ObservabilityBucket[] {
  const buckets = new Map<number, ObservabilityBucket>();
  for (const row of rows) {
    const at = typeof row.timestamp === 'number' ? row.timestamp : Date.parse(row.timestamp);
    if (Number.isNaN(at)) throw new VercelError('vercel_bad_answer', `${what}: a bucket has no readable time.`);
    const start = Math.floor(at / bucketMs) * bucketMs;
    const bucket = buckets.get(start) ?? { start, end: start + bucketMs, requests: 0, errors: 0 };
    bucket.requests += row[COLUMN];
    const status = Number(row.httpStatus);
    if (status >= 500 && status <= 599) bucket.errors += row[COLUMN];
    buckets.set(start, bucket);
  }
  return [...buckets.values()].sort((a, b) => a.start - b.start);
}
