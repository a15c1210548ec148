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
  let json: unknown;
  try {
    json = await project.queryObservability({
      metric: METRIC,
      scope: { type: 'project', ownerId: project.accountId, projectIds: [project.id] },
      aggregation: 'sum',
      groupBy: ['httpStatus'],
      filter: "environment eq 'production'",
      startTime: new Date(start).toISOString(),
      endTime: new Date(end).toISOString(),
      granularity: { minutes },
      limit: LIMIT,
    });
  } catch (error) {
    if (!(error instanceof VercelError) || error.status !== 402) throw error;
    const message = `${what} needs Vercel's Observability Plus, which this team does not have. Use source: vercel-runtime-logs, probe or http-json.`;
    throw new VercelError('observability_plus_missing', message, { status: 402, cause: error });
  }
  const parsed = answer.safeParse(json);
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

/** Whole buckets of the finest size that Vercel allows for the span (facts §6). */
export function alignQuery(query: ObservabilityQuery): { start: number; end: number; minutes: number } {
  const span = (query.until - query.from) / MINUTE;
  const least = span <= 60 ? 1 : span <= 720 ? 5 : span <= 4_320 ? 60 : 240;
  const minutes = Math.max(least, Math.ceil(query.granularityMinutes));
  const bucket = minutes * MINUTE;
  return { start: Math.floor(query.from / bucket) * bucket, end: Math.floor(query.until / bucket) * bucket, minutes };
}

function toBuckets(rows: z.output<typeof answer>['data'], bucketMs: number, what: string): ObservabilityBucket[] {
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
