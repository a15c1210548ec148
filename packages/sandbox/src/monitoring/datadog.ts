import { type Answer, asRecord, type Handler, jsonAnswer, jsonBody, type SandboxRequest } from '../http/answer.ts';
import { createRouter, type RouteHandler } from '../http/router.ts';
import { evaluate, readDatadogQuery } from './datadog-query.ts';
import { isFailed, type Traffic } from './traffic.ts';

/** Keys and monitor of the sandbox's Datadog; its site is the address it listens at. */
export interface SandboxDatadog {
  apiKey: string;
  appKey: string;
  /** Alert above 5 % failed requests of the last five minutes, No Data without any. */
  monitor: number;
}

const minute = 60_000;

/**
 * Datadog's metric queries v1 and v2, scalars, one monitor and the validation of keys (docs.datadoghq.com/api/latest): strict about both
 * keys, about seconds (v1) and milliseconds (v2). Null where nothing was counted, an error of v1 within an answer of 200.
 */
export function datadogService(datadog: SandboxDatadog, traffic: Traffic): Handler {
  const guarded =
    (answer: RouteHandler): RouteHandler =>
    (request, parameters) => {
      const { 'dd-api-key': apiKey, 'dd-application-key': appKey } = request.headers;
      if (apiKey !== datadog.apiKey || appKey !== datadog.appKey) return refused(403, 'Forbidden');
      return answer(request, parameters);
    };
  return createRouter(
    {
      // "Check if the API key (not the APP key) is valid. If invalid, a 403 is returned."
      'GET /api/v1/validate': ({ headers }) =>
        headers['dd-api-key'] === datadog.apiKey ? jsonAnswer(200, { valid: true }) : refused(403, 'Forbidden'),
      'GET /api/v1/query': guarded((request) => queryV1(request, traffic)),
      'POST /api/v2/query/timeseries': guarded((request) => orRefused(() => timeseries(request, traffic))),
      'POST /api/v2/query/scalar': guarded((request) => orRefused(() => scalar(request, traffic))),
      'GET /api/v1/monitor/:id': guarded((_request, { id }) =>
        Number(id) === datadog.monitor ? jsonAnswer(200, monitor(datadog, traffic)) : refused(404, 'Monitor not found'),
      ),
    },
    () => refused(404, 'Not found'),
  );
}

function refused(status: number, message: string): Answer {
  return jsonAnswer(status, { errors: [message] });
}

function orRefused(answer: () => Answer): Answer {
  try {
    return answer();
  } catch (error) {
    return refused(400, (error as Error).message);
  }
}

function queryV1({ query }: SandboxRequest, traffic: Traffic): Answer {
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  // Seconds here: what is milliseconds lies far in the future.
  if (!(from > 0 && to > from && to < 1e11)) return refused(400, 'Invalid time range: from and to are in seconds');
  try {
    // A comma within braces or brackets parts tags, not queries.
    const queries = (query.get('query') ?? '').split(/,(?![^{]*\})(?![^(]*\))/).map(readDatadogQuery);
    const served = traffic.served(from * 1000, to * 1000);
    const series = queries.flatMap((each, query_index) =>
      evaluate(each, served).map(({ tag, values }) => ({
        ...{ query_index, metric: each.metric.split(':')[1], interval: 60, scope: tag ?? 'service:web' },
        pointlist: filled(values, each.zero, from * 1000, to * 1000).map(({ time, value }) => [time, value]),
      })),
    );
    return jsonAnswer(200, { status: 'ok', res_type: 'time_series', series, query: query.get('query') });
  } catch (error) {
    return jsonAnswer(200, { status: 'error', error: (error as Error).message });
  }
}

function attributesOf(request: SandboxRequest, type: string) {
  const data = asRecord(jsonBody(request)?.data) ?? {};
  const attributes = asRecord(data.attributes) ?? {};
  if (data.type !== type) throw new Error(`Invalid type: ${String(data.type)}`);
  const [from, to] = [attributes.from, attributes.to];
  if (!Number.isInteger(from) || !Number.isInteger(to) || Number(to) <= Number(from) || Number(from) < 1e11)
    throw new Error('from and to are whole numbers of milliseconds');
  const queries = (Array.isArray(attributes.queries) ? attributes.queries : []).map((each) => asRecord(each) ?? {});
  if (queries.some(({ data_source }) => data_source !== 'metrics')) throw new Error('Invalid data_source');
  const formulas = (Array.isArray(attributes.formulas) ? attributes.formulas : []).map((each) => asRecord(each) ?? {});
  const named = formulas.map(({ formula, limit }) => {
    const found = queries.find(({ name }) => name === formula);
    if (found === undefined) throw new Error(`Invalid formula: ${String(formula)}`);
    return { query: readDatadogQuery(String(found.query)), limit: asRecord(limit) };
  });
  return { attributes, from: Number(from), to: Number(to), named };
}

function timeseries(request: SandboxRequest, traffic: Traffic): Answer {
  const { attributes, from, to, named } = attributesOf(request, 'timeseries_request');
  if (attributes.interval !== minute) throw new Error('The sandbox knows an interval of 60000 ms');
  const served = traffic.served(from, to);
  const all = named.flatMap(({ query }, query_index) =>
    evaluate(query, served).map(({ tag, values }) => ({
      series: { group_tags: tag === undefined ? [] : [tag], query_index, unit: null },
      values: new Map(filled(values, query.zero, from, to).map(({ time, value }) => [time, value])),
    })),
  );
  const times = [...new Set(all.flatMap(({ values }) => [...values.keys()]))].sort((a, b) => a - b);
  const values = all.map((each) => times.map((time) => each.values.get(time) ?? null));
  const answered = { series: all.map(({ series }) => series), times, values };
  return jsonAnswer(200, { data: { id: '0', type: 'timeseries_response', attributes: answered } });
}

function scalar(request: SandboxRequest, traffic: Traffic): Answer {
  const { from, to, named } = attributesOf(request, 'scalar_request');
  const [{ query, limit } = named[0] ?? { query: readDatadogQuery(''), limit: undefined }] = named;
  const rows = evaluate(query, traffic.served(from, to))
    .map(({ tag, values }) => ({ tag, total: [...values.values()].reduce((sum, value) => sum + value, 0) }))
    .filter(({ total }) => total > 0)
    .sort((a, b) => b.total - a.total)
    .slice(0, Number(limit?.count ?? 1000));
  const group = { name: query.by, type: 'group', values: rows.map(({ tag }) => [tag?.replace(/^\w+:/, '') ?? '']) };
  const number = { name: 'value', type: 'number', values: rows.map(({ total }) => total), meta: { unit: null } };
  const columns = query.by === undefined ? [number] : [group, number];
  return jsonAnswer(200, { data: { type: 'scalar_response', attributes: { columns } } });
}

/** `default_zero` fills every minute of the time; else there is nothing where nothing was counted. */
function filled(values: Map<number, number>, zero: boolean, from: number, to: number) {
  if (!zero) return [...values].sort(([a], [b]) => a - b).map(([time, value]) => ({ time, value }));
  const first = from - (from % minute);
  return Array.from({ length: Math.ceil((to - first) / minute) }, (_, index) => first + index * minute).map((time) => ({
    time,
    value: values.get(time) ?? 0,
  }));
}

function monitor({ monitor: id }: SandboxDatadog, traffic: Traffic) {
  const served = traffic.served(traffic.now() - 5 * minute, traffic.now());
  const rate = served.filter(isFailed).length / served.length;
  const state = served.length === 0 ? 'No Data' : rate > 0.05 ? 'Alert' : 'OK';
  return { id, name: 'Failed requests above 5 %', type: 'query alert', overall_state: state };
}
