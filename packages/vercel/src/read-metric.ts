import { z } from 'zod';
import { VercelError } from './vercel-error.ts';
import type { VercelProject } from './vercel-types.ts';

/** One number of Vercel's catalogue over a time, e.g. `vercel.speed_insights.lcp_ms` by `p75`. Times in milliseconds. */
export interface MetricQuestion {
  metric: string;
  aggregation: 'sum' | 'max' | 'p75' | 'p95';
  from: number;
  until: number;
}

const minute = 60_000;

/**
 * Asks POST /v2/observability/query for one number of production (vercel.com/docs/rest-api, createObservabilityQuery). The column is the metric and its
 * aggregation with dots as underscores. Undefined where nothing was measured. Numbers of Speed Insights come with every plan that has it
 * (vercel.com/docs/speed-insights/accessing-metrics-with-vercel-cli), others with Observability Plus.
 * @throws VercelError: observability_plus_missing (402), and as every other call.
 */
export async function readMetric(project: VercelProject, question: MetricQuestion): Promise<number | undefined> {
  const { metric, aggregation } = question;
  const [start, end] = [Math.floor(question.from / minute) * minute, Math.floor(question.until / minute) * minute];
  if (end <= start) return undefined;
  const what = `Reading ${metric} of project ${project.name}`;
  const minutes = (end - start) / minute;
  const body = {
    metric,
    scope: { type: 'project', ownerId: project.accountId, projectIds: [project.id] },
    aggregation,
    groupBy: [],
    filter: "environment eq 'production'",
    startTime: new Date(start).toISOString(),
    endTime: new Date(end).toISOString(),
    // Only the sum over all of it is read: buckets as coarse as the time allows.
    granularity: minutes <= 60 ? { minutes: 1 } : minutes <= 720 ? { minutes: 5 } : { hours: minutes <= 4_320 ? 1 : 4 },
  };
  const json = await project.queryObservability(body, '/v2/observability/query').catch((error: unknown) => {
    if (!(error instanceof VercelError) || error.status !== 402) throw error;
    const message = `${what} needs Vercel's Observability Plus, which this team does not have.`;
    throw new VercelError('observability_plus_missing', message, { status: 402, cause: error });
  });
  const column = `${metric}_${aggregation}`.replaceAll('.', '_');
  const answer = z.looseObject({ summary: z.array(z.looseObject({ [column]: z.number().nullish() })) });
  const parsed = answer.safeParse(json);
  if (!parsed.success)
    throw new VercelError(
      'vercel_bad_answer',
      `${what}: Vercel's answer is not what its documentation says (${parsed.error.issues[0]?.message}).`,
    );
  return (parsed.data.summary[0]?.[column] as number | null | undefined) ?? undefined;
}
