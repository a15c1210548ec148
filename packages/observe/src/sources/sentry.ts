import { z } from 'zod';
import type { Clock } from '#http/clock';
import { cleanText } from '#http/text';
import type { Reading } from '../reading.ts';
import { type Asked, type ObservationSource, SourceError } from '../source.ts';
import { type Point, seriesSource } from './series-source.ts';
import { createService } from './service.ts';

/** Whose spans and issues are counted. */
export interface SentrySource {
  /** https://sentry.io, https://us.sentry.io, https://de.sentry.io, or one's own server. */
  url: string;
  token: string;
  organization: string;
  /** Numeric project ids; Sentry takes no slugs here. */
  projects: readonly number[];
  environment?: string | undefined;
  /** Further search words for the spans, e.g. span.op:http.server. */
  query?: string | undefined;
  /** Name of this release in Sentry, for its new issues and crash-free rate. */
  release?: string | undefined;
  /** Also lists unresolved issues of high priority, one request more for each reading. Default false. */
  openIssues?: boolean | undefined;
  /** Routes that are left out of the p95. */
  except?: readonly string[] | undefined;
  clock: Clock;
  signal?: AbortSignal | undefined;
}

const MINUTE_MS = 60_000;
const COUNT = 'count(span.duration)';
const RATE = 'failure_rate()';
const P95 = 'p95(span.duration)';
// Three times in a watch of 15 minutes, so that it stays under 40 requests.
const P95_EVERY = 8;
const OPEN_SHOWN = 5;
// Sentry keeps sessions by the hour: they are asked for less often than issues.
const SESSIONS_EVERY_MS = 15 * MINUTE_MS;

// docs.sentry.io/api/explore/query-explore-events-in-timeseries-format
const series = z.looseObject({
  timeSeries: z.array(
    z.looseObject({
      yAxis: z.string(),
      values: z.array(
        z.looseObject({
          timestamp: z.number(),
          value: z.number().nullable(),
          incomplete: z.boolean().optional(),
          sampleCount: z.number().nullish(),
        }),
      ),
      meta: z.looseObject({ interval: z.number().optional() }).optional(),
    }),
  ),
});
const issues = z.array(
  z.looseObject({
    shortId: z.string().optional(),
    title: z.string().optional(),
    userCount: z.number().optional(),
    permalink: z.string().nullish(),
  }),
);
const sessions = z.looseObject({
  groups: z.array(z.looseObject({ totals: z.record(z.string(), z.number().nullable()) })),
});

/**
 * Failed share and number of requests (root spans) per minute from Sentry. Minutes that Sentry marks as incomplete are left out.
 * Where spans are sampled, the sampled ones are counted: extrapolated numbers would claim evidence that nobody has.
 */
export function sentry(given: SentrySource): ObservationSource {
  const { organization, clock, signal, release } = given;
  const service = createService({
    baseUrl: given.url,
    headers: { authorization: `Bearer ${given.token}` },
    check:
      'sentry-auth-token (scopes org:read, project:read, event:read), observe.sentry.organization and its url (EU: https://de.sentry.io)',
    credential: { input: 'sentry-auth-token', of: 'sentry', value: given.token },
    clock,
    signal,
  });
  const base = `/api/0/organizations/${encodeURIComponent(organization)}`;
  const where = [
    ...given.projects.map((id) => `project=${id}`),
    ...(given.environment === undefined ? [] : [`environment=${encodeURIComponent(given.environment)}`]),
  ].join('&');

  const query = ['is_transaction:true', given.query].filter(Boolean).join(' ');

  /** Regional addresses are for the API; people read at sentry.io, or at one's own server. */
  function asked(from: number, until: number): Asked {
    const page = new URL(given.url.replace(/^https:\/\/(us|de)\.sentry\.io/, 'https://sentry.io'));
    page.pathname = `/organizations/${encodeURIComponent(organization)}/explore/traces/`;
    for (const id of given.projects) page.searchParams.append('project', String(id));
    if (given.environment !== undefined) page.searchParams.set('environment', given.environment);
    page.searchParams.set('query', query);
    page.searchParams.set('start', stamp(from));
    page.searchParams.set('end', stamp(until));
    return { query: `${COUNT}, ${RATE} of spans where ${query}`, link: page.href };
  }

  const except = given.except ?? [];
  let asks = 0;
  const slow = new Map<number, number | null>();

  /** Another filter is another question; it covers the whole time again, so asking it seldom loses nothing but minutes. */
  async function askP95(from: number, until: number): Promise<void> {
    if (except.length === 0 || asks++ % P95_EVERY !== 0) return;
    const json = await service.ask({
      path: `${base}/events-timeseries/?dataset=spans&yAxis=${encodeURIComponent(P95)}&${where}`,
      query: {
        interval: 60,
        start: stamp(from),
        end: stamp(until),
        query: `${query} !transaction:[${except.join(',')}]`,
      },
    });
    const parsed = series.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Sentry did not answer with a timeSeries');
    for (const { values } of parsed.data.timeSeries)
      for (const { timestamp, value, incomplete } of values) if (!incomplete) slow.set(timestamp, value);
  }

  async function askSeries(from: number, until: number): Promise<Point[]> {
    await askP95(from, until);
    const axes = (except.length === 0 ? [COUNT, RATE, P95] : [COUNT, RATE])
      .map((axis) => `yAxis=${encodeURIComponent(axis)}`)
      .join('&');
    const json = await service.ask({
      path: `${base}/events-timeseries/?dataset=spans&${axes}&${where}`,
      query: { interval: 60, start: stamp(from), end: stamp(until), query },
    });
    const parsed = series.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Sentry did not answer with a timeSeries');
    const points = new Map<number, Point & { rate?: number | null; sampled?: number | null | undefined }>();
    for (const { yAxis, values, meta } of parsed.data.timeSeries) {
      // An interval that Sentry does not like is silently replaced by another one.
      if (meta?.interval !== undefined && meta.interval !== MINUTE_MS) {
        throw new SourceError(
          'source_bad_answer',
          `Sentry counts per ${meta.interval / 1000} s although 60 s were asked for`,
        );
      }
      for (const { timestamp, value, incomplete, sampleCount } of values) {
        const point = points.get(timestamp) ?? { start: timestamp, end: timestamp + MINUTE_MS };
        if (incomplete) point.incomplete = true;
        if (yAxis === COUNT) Object.assign(point, { requests: value, sampled: sampleCount });
        if (yAxis === RATE) point.rate = value;
        if (yAxis === P95) point.p95 = value;
        points.set(timestamp, point);
      }
    }
    for (const point of points.values()) if (slow.has(point.start)) point.p95 = slow.get(point.start);
    return [...points.values()].map(({ rate, sampled, ...point }) => {
      const requests = sampled ?? point.requests;
      // Sentry has no rate for a minute without requests, and that is known to be none.
      const failed = requests === 0 ? 0 : rate;
      if (typeof failed === 'number' && failed > 1) {
        throw new SourceError('unit_mistake', `failure_rate() is ${failed}: a share between 0 and 1 was expected`);
      }
      return {
        ...point,
        requests,
        errors: typeof failed === 'number' && typeof requests === 'number' ? failed * requests : failed,
      };
    });
  }

  let sessionsAt = Number.NEGATIVE_INFINITY;
  async function readings(_from: number, until: number): Promise<Reading[]> {
    if (release === undefined) return [];
    const found = [...(await newIssues(until, release)), ...(given.openIssues ? await openIssues(until) : [])];
    const due = until - sessionsAt >= SESSIONS_EVERY_MS;
    const sessions = due ? await crashFree(until, release) : [];
    if (due) sessionsAt = until;
    return [...found, ...sessions];
  }

  /** Unresolved issues that were seen for the first time in this release. */
  async function newIssues(until: number, name: string): Promise<Reading[]> {
    const query = `is:unresolved firstRelease:"${name.replaceAll('"', '')}"`;
    const json = await service.ask({
      path: `${base}/issues/?${where}`,
      query: { query, sort: 'new', limit: 25, statsPeriod: '24h' },
    });
    const parsed = issues.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Sentry did not answer with a list of issues');
    const total = {
      metric: 'new-issues',
      value: parsed.data.length,
      unit: 'count' as const,
      at: until / 1000,
      source: 'sentry',
    };
    const single = parsed.data.map((issue) => issueReading('new-issue', issue, until));
    const users = Math.max(0, ...parsed.data.map((issue) => issue.userCount ?? 0));
    return [{ ...total, users }, ...single];
  }

  /** What is open and matters, by last seen: for whoever looks for the cause (MET-01). */
  async function openIssues(until: number): Promise<Reading[]> {
    const query = 'is:unresolved issue.priority:high';
    const json = await service.ask({
      path: `${base}/issues/?${where}`,
      query: { query, sort: 'date', limit: OPEN_SHOWN, statsPeriod: '14d' },
    });
    const parsed = issues.safeParse(json);
    if (!parsed.success) throw new SourceError('source_bad_answer', 'Sentry did not answer with a list of issues');
    return parsed.data.map((issue) => issueReading('open-issue', issue, until));
  }

  /** Sentry keeps sessions by the hour: this is told, and too coarse for a rule of minutes. */
  async function crashFree(until: number, name: string): Promise<Reading[]> {
    const query = {
      field: 'crash_free_rate(session)',
      interval: '1h',
      statsPeriod: '1h',
      query: `release:"${name.replaceAll('"', '')}"`,
    };
    const parsed = sessions.safeParse(await service.ask({ path: `${base}/sessions/?${where}`, query }));
    const rate = parsed.data?.groups[0]?.totals['crash_free_rate(session)'];
    if (typeof rate !== 'number' || !Number.isFinite(rate)) return [];
    return [{ metric: 'crash-free', value: rate, unit: 'share', at: until / 1000, source: 'sentry' }];
  }

  return seriesSource({
    name: 'sentry',
    denominator: 'requests that Sentry sampled',
    granularityMs: MINUTE_MS,
    readAfterMs: [15_000],
    settledAfterMs: 75_000,
    absentMeansZero: false,
    estimated: true,
    names: { requests: COUNT, errors: RATE },
    clock,
    ask: askSeries,
    asked,
    ...(release !== undefined && { readings }),
  });
}

function issueReading(
  metric: 'new-issue' | 'open-issue',
  issue: z.infer<typeof issues>[number],
  until: number,
): Reading {
  return {
    metric,
    value: 1,
    unit: 'count',
    at: until / 1000,
    source: 'sentry',
    about: cleanText(`${issue.shortId ?? ''} ${issue.title ?? ''}`.trim(), 200),
    ...(issue.userCount !== undefined && { users: issue.userCount }),
    ...(issue.permalink && { url: cleanText(issue.permalink, 300) }),
  };
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
