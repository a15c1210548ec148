import type { EdgeLog, EdgeRequest } from '../edge/edge-log.ts';
import { type Answer, asRecord, asText, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { type Dimension, type Dimensions, dimensions, isDimension, parseFilter } from './query-filter.ts';
import { VercelRefusal } from './vercel-refusal.ts';
import type { VercelState } from './vercel-state.ts';

const metric = 'vercel.request.count';
const column = 'vercel_request_count_sum';
const minute = 60_000;

/** POST /v2/observability/query over the requests that the edge really served, within the limits of facts §6. */
export function observabilityRoutes(state: VercelState, log: EdgeLog): Routes {
  const schema = { id: metric, dimensions: dimensions.map((name) => ({ name })), aggregations: ['sum'] };
  const withPlus = (answer: (request: SandboxRequest) => Answer) => (request: SandboxRequest) => {
    if (state.behaviour.observabilityPlus) return answer(request);
    throw new VercelRefusal(402, 'payment_required', 'Observability Plus is required to query metrics');
  };
  return {
    'GET /v2/observability/schema': withPlus(() => jsonAnswer(200, [schema])),
    'GET /v2/observability/schema/:metric': withPlus(() => jsonAnswer(200, schema)),
    'POST /v2/observability/query': (request) => {
      const body = jsonBody(request) ?? {};
      const { aggregations, everyPlan } = measured(body.metric) ?? {};
      if (aggregations === undefined) return withPlus(() => jsonAnswer(200, query(state, log, body)))(request);
      const answer = () => jsonAnswer(200, measurement(state, body, aggregations));
      return everyPlan ? answer() : withPlus(answer)(request);
    },
    'POST /metrics/v1': withPlus((request) => jsonAnswer(200, metricsQuery(state, log, jsonBody(request) ?? {}))),
  };
}

/** Numbers that are measured and not counted here: who may ask, and how they may be summed up. */
function measured(id: unknown): { aggregations: readonly string[]; everyPlan: boolean } | undefined {
  const [, family = '', name = ''] = /^vercel\.(speed_insights|function_invocation)\.(\w+)$/.exec(String(id)) ?? [];
  const everyPlan = family === 'speed_insights';
  if (everyPlan && /^(lcp|inp|cls|ttfb|fcp)_count$/.test(name)) return { everyPlan, aggregations: ['sum'] };
  if (everyPlan && /^(cls|(lcp|inp|ttfb|fcp)_ms)$/.test(name)) return { everyPlan, aggregations: ['p75', 'p95'] };
  if (/^(function_duration_ms|ttfb_ms)$/.test(name)) return { everyPlan, aggregations: ['p75', 'p95'] };
  return name === 'peak_memory_mb' ? { everyPlan, aggregations: ['max'] } : undefined;
}

function measurement(state: VercelState, body: Record<string, unknown>, aggregations: readonly string[]) {
  const scope = asRecord(body.scope) ?? {};
  if (scope.ownerId !== state.team.id)
    throw new VercelRefusal(403, 'forbidden', 'You do not have access to this scope');
  const aggregation = String(body.aggregation);
  if (!aggregations.includes(aggregation)) throw refused(`Unsupported aggregation "${aggregation}"`);
  bucketOf(body.granularity, Date.parse(asText(body.startTime) ?? ''), Date.parse(asText(body.endTime) ?? ''));
  parseFilter(String(body.filter));
  const value = state.behaviour.numbers[String(body.metric)];
  const name = `${String(body.metric)}_${aggregation}`.replaceAll('.', '_');
  return { data: [], summary: value === undefined ? [] : [{ [name]: value }] };
}

function query(state: VercelState, log: EdgeLog, body: Record<string, unknown>) {
  const scope = asRecord(body.scope) ?? {};
  const projects = Array.isArray(scope.projectIds) ? scope.projectIds.map(String) : [];
  if (scope.ownerId !== state.team.id || projects.some((id) => !state.projects.has(id))) {
    throw new VercelRefusal(403, 'forbidden', 'You do not have access to this scope');
  }
  if (body.metric !== metric) throw refused(`Unknown metric "${String(body.metric)}"`);
  if (body.aggregation !== undefined && body.aggregation !== 'sum') throw refused('Unsupported aggregation');
  const start = Date.parse(asText(body.startTime) ?? '');
  const end = Date.parse(asText(body.endTime) ?? '');
  const bucketMs = bucketOf(body.granularity, start, end);
  const groupBy = groupsOf(body.groupBy);
  const passes = asText(body.filter) ? parseFilter(String(body.filter)) : () => true;
  const counts = new Map<string, { timestamp: number; group: Dimensions; count: number }>();
  for (const request of log.requests()) {
    if (request.at < start || request.at >= end || !projects.includes(request.projectId ?? '')) continue;
    const row = dimensionsOf(request);
    if (!passes(row)) continue;
    const timestamp = request.at - (request.at % bucketMs);
    const key = [timestamp, ...groupBy.map((name) => row[name])].join('\n');
    const known = counts.get(key);
    if (known) known.count += 1;
    else counts.set(key, { timestamp, group: row, count: 1 });
  }
  const limit = Number(body.limit ?? 10_000);
  const data = [...counts.values()]
    .sort((one, other) => one.timestamp - other.timestamp)
    .slice(0, limit)
    .map(({ timestamp, group, count }) => ({
      timestamp: new Date(timestamp).toISOString(),
      ...pick(group, groupBy),
      [column]: count,
    }));
  return { data, summary: summarize([...counts.values()], groupBy) };
}

/** The newer shape of the same question (CLI 64): filters in its own words, dimensions and values apart. */
function metricsQuery(state: VercelState, log: EdgeLog, body: Record<string, unknown>) {
  const range = asRecord(body.timeRange) ?? {};
  const value = asRecord(asRecord(body.metrics)?.value) ?? {};
  if (body.filter !== 'environment:production') throw refused(`Unknown filter "${String(body.filter)}"`);
  const { data } = query(state, log, {
    scope: body.scope,
    metric: value.metric,
    aggregation: value.aggregation,
    groupBy: body.groupBy,
    filter: "environment eq 'production'",
    startTime: range.start,
    endTime: range.end,
    granularity: { minutes: Number(body.bucketSeconds) / 60 },
  });
  const series = data.map(({ timestamp, [column]: count, ...group }) => ({
    timestamp,
    dimensions: group,
    values: { value: count },
  }));
  return { series, summary: [], meta: {} };
}

/** The bucket in milliseconds. @throws VercelRefusal when it is finer than the span allows, or start and end do not align to it. */
function bucketOf(granularity: unknown, start: number, end: number): number {
  const given = asRecord(granularity) ?? {};
  const minutes = Number(given.minutes ?? 0) + 60 * Number(given.hours ?? 0) + 1_440 * Number(given.days ?? 0);
  if (!Number.isFinite(start) || !Number.isFinite(end) || end <= start) throw refused('Invalid startTime or endTime');
  const span = (end - start) / minute;
  const least = span <= 60 ? 1 : span <= 720 ? 5 : span <= 4_320 ? 60 : 240;
  if (!Number.isInteger(minutes) || minutes < least) {
    throw refused(`Granularity of ${minutes}m is too fine: at least ${least}m for this time range`);
  }
  const bucketMs = minutes * minute;
  if (start % bucketMs !== 0 || end % bucketMs !== 0)
    throw refused('startTime and endTime must align to the granularity');
  return bucketMs;
}

function groupsOf(value: unknown): Dimension[] {
  const names = Array.isArray(value) ? value.map(String) : [];
  return names.map((name) => {
    if (!isDimension(name)) throw refused(`Unknown dimension "${name}"`);
    return name;
  });
}

function dimensionsOf(request: EdgeRequest): Dimensions {
  return {
    httpStatus: String(request.status),
    route: request.path,
    environment: request.environment ?? '',
    errorCode: request.status >= 500 ? 'FUNCTION_INVOCATION_FAILED' : '',
    projectId: request.projectId ?? '',
  };
}

function summarize(rows: { group: Dimensions; count: number }[], groupBy: Dimension[]) {
  const sums = new Map<string, { group: Dimensions; count: number }>();
  for (const { group, count } of rows) {
    const key = groupBy.map((name) => group[name]).join('\n');
    const known = sums.get(key);
    if (known) known.count += count;
    else sums.set(key, { group, count });
  }
  return [...sums.values()].map(({ group, count }) => ({ ...pick(group, groupBy), [column]: count }));
}

function pick(group: Dimensions, names: Dimension[]): Partial<Dimensions> {
  return Object.fromEntries(names.map((name) => [name, group[name]]));
}

function refused(message: string): VercelRefusal {
  return new VercelRefusal(400, 'bad_request', message);
}
