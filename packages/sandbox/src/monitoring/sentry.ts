import { type Answer, type Handler, jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import { createRouter } from '../http/router.ts';
import { byMinute, isFailed, p95Of, type Served, type Traffic } from './traffic.ts';

/** What the sandbox's Sentry knows of itself. */
export interface SandboxSentry {
  /** A token of an internal integration: it may read. */
  token: string;
  /** An organization token, as CI uses it to upload; it may read nothing (org:ci). */
  uploadToken: string;
  organization: string;
  /** Numeric id; Sentry takes no slugs here. */
  project: number;
}

const minute = 60_000;
/** How long spans take until they are all there; minutes up to then are marked as incomplete. */
const ingestionMs = 10_000;
const datasets = ['logs', 'profile_functions', 'spans', 'uptime_results'];

/**
 * The part of Sentry's API that tells spans, issues and sessions (docs.sentry.io/api/explore, /api/events, /api/releases), each request
 * of the app a root span, each route that failed an issue. Answers in its shapes and refuses as it does.
 */
export function sentryService(sentry: SandboxSentry, traffic: Traffic): Handler {
  const guarded =
    (answer: (request: SandboxRequest) => Answer) =>
    (request: SandboxRequest, { organization = '' }: Record<string, string>): Answer => {
      const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (token === undefined) return refused(401, 'Authentication credentials were not provided.');
      if (token === sentry.uploadToken) return refused(403, 'You do not have permission to perform this action.');
      if (token !== sentry.token) return refused(401, 'Invalid token');
      if (organization !== sentry.organization) return refused(404, 'The requested resource does not exist');
      const projects = request.query.getAll('project');
      if (projects.some((id) => !/^-?\d+$/.test(id)))
        return refused(400, 'Invalid project parameter. Values must be numbers.');
      if (projects.some((id) => id !== '-1' && Number(id) !== sentry.project))
        return refused(403, 'You do not have permission to perform this action.');
      try {
        return answer(request);
      } catch (error) {
        return refused(400, (error as Error).message);
      }
    };
  const base = '/api/0/organizations/:organization';
  return createRouter(
    {
      [`GET ${base}/events-timeseries`]: guarded((request) => jsonAnswer(200, timeSeries(request.query, traffic))),
      [`GET ${base}/issues`]: guarded((request) => jsonAnswer(200, issues(request.query, traffic))),
      [`GET ${base}/sessions`]: guarded((request) => jsonAnswer(200, sessions(request.query, traffic))),
    },
    () => ({ status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>Not Found</h1>' }),
  );
}

function refused(status: number, detail: string): Answer {
  return jsonAnswer(status, { detail });
}

const axes: Record<string, (served: readonly Served[]) => number | null> = {
  'count(span.duration)': (served) => served.length,
  'failure_rate()': (served) => (served.length === 0 ? null : served.filter(isFailed).length / served.length),
  'p95(span.duration)': (served) => p95Of(served) ?? null,
};

function timeSeries(query: URLSearchParams, traffic: Traffic) {
  if (!datasets.includes(query.get('dataset') ?? '')) throw new Error(`dataset must be one of: ${datasets.join(', ')}`);
  if (query.get('interval') !== '60' && query.get('interval') !== '1m')
    throw new Error('The sandbox knows an interval of one minute');
  const [from, until] = [timeOf(query.get('start')), timeOf(query.get('end'))];
  if (until <= from) throw new Error('start must be before end');
  const asked = query.getAll('yAxis');
  const strange = asked.find((axis) => !(axis in axes));
  if (asked.length === 0 || strange !== undefined) throw new Error(`${strange ?? 'yAxis'} is not a valid function`);
  const passes = readSearch(query.get('query') ?? '');
  const minutes = byMinute(inEnvironment(traffic.served(from, until), query).filter(passes));
  const first = from - (from % minute);
  const starts = Array.from({ length: Math.ceil((until - first) / minute) }, (_, index) => first + index * minute);
  return {
    meta: { dataset: query.get('dataset'), start: from, end: until },
    timeSeries: asked.map((yAxis) => ({
      yAxis,
      values: starts.map((timestamp) => {
        const served = minutes.get(timestamp) ?? [];
        const incomplete = timestamp + minute + ingestionMs > traffic.now();
        const sampled = { sampleCount: served.length, sampleRate: 1, confidence: 'high' };
        return { timestamp, value: axes[yAxis]?.(served) ?? null, incomplete, ...sampled };
      }),
      meta: { valueType: 'number', valueUnit: null, interval: minute },
    })),
  };
}

/** Each route that failed is one issue; each visitor of the sandbox is a user of its own. */
function issues(query: URLSearchParams, traffic: Traffic) {
  const search = query.get('query') ?? '';
  const release = /firstRelease:"([^"]*)"/.exec(search)?.[1];
  const rest = search.replace(/firstRelease:"[^"]*"/, '').trim();
  if (!/^is:unresolved( issue\.priority:high)?$/.test(rest)) throw new Error(`Invalid query: ${rest}`);
  const failed = inEnvironment(traffic.served(0, traffic.now() + minute), query).filter(isFailed);
  return [...Map.groupBy(failed, ({ path }) => path)].flatMap(([path, events], index) => {
    const [first] = events;
    if (first === undefined || (release !== undefined && first.commit !== release && first.release !== release))
      return [];
    return [
      {
        ...{ id: String(index + 1), shortId: `APP-${index + 1}`, title: `Error: ${path} answered ${first.status}` },
        ...{ status: 'unresolved', level: 'error', priority: 'high', userCount: events.length },
        ...{ count: String(events.length), firstSeen: new Date(first.at).toISOString() },
        permalink: `https://sentry.example.com/issues/${index + 1}/`,
      },
    ];
  });
}

/** Kept by the hour, as Sentry does. */
function sessions(query: URLSearchParams, traffic: Traffic) {
  const field = 'crash_free_rate(session)';
  if (query.get('field') !== field) throw new Error(`Invalid field: ${query.get('field')}`);
  if (query.get('interval') !== '1h') throw new Error('The interval has to be at least 1h');
  const release = /^release:"([^"]*)"$/.exec(query.get('query') ?? '')?.[1];
  const served = inEnvironment(traffic.served(traffic.now() - 60 * minute, traffic.now()), query).filter(
    (one) => release === undefined || one.commit === release || one.release === release,
  );
  if (served.length === 0) return { groups: [] };
  const rate = 1 - served.filter(isFailed).length / served.length;
  return { groups: [{ by: {}, totals: { [field]: rate }, series: {} }] };
}

function inEnvironment(served: Served[], query: URLSearchParams): Served[] {
  const environments = query.getAll('environment');
  return served.filter(({ environment }) => environments.length === 0 || environments.includes(environment));
}

/** Sentry reads times without a zone as UTC. */
function timeOf(text: string | null): number {
  const time = Date.parse(`${(text ?? '').replace(/Z$/, '')}Z`);
  if (Number.isNaN(time)) throw new Error(`${text ?? 'start'} is not a valid ISO8601 date query`);
  return time;
}

/** A search over spans, as far as the sandbox has such attributes. @throws Error for anything else, as Sentry refuses what it cannot read. */
function readSearch(search: string): (served: Served) => boolean {
  const words = search.match(/(?:[^\s"[\]]|"[^"]*"|\[[^\]]*\])+/g) ?? [];
  const tests = words.map((word) => {
    const [, not = '', key = '', value = ''] = /^(!?)([\w.]+):(.+)$/.exec(word) ?? [];
    const values = (/^\[(.*)\]$/.exec(value)?.[1]?.split(',') ?? [value]).map((each) => each.replace(/^"|"$/g, ''));
    const of: Record<string, (served: Served) => string> = {
      transaction: ({ path }) => path,
      environment: ({ environment }) => environment,
      release: ({ commit, release }) => (values.includes(commit) ? commit : release),
    };
    if (key === 'is_transaction' || key === 'span.op') return () => true;
    const attribute = of[key];
    if (attribute === undefined) throw new Error(`Invalid query. Could not parse "${word}"`);
    return (served: Served) => values.includes(attribute(served)) === (not === '');
  });
  return (served) => tests.every((test) => test(served));
}
