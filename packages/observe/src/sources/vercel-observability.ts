import { type ObservabilityBucket, type ObservabilityQuery, queryObservability } from '#vercel/observability';
import type { VercelConnection, VercelProject } from '#vercel/project';
import { VercelError } from '#vercel/vercel-error';
import type { NoData } from '../bucket.ts';
import type { OwnRequests } from '../own-requests.ts';
import { intervalsOf, type ObservationSource } from '../source.ts';
import { openProjectOnce } from './open-project-once.ts';
import { stoppedBefore } from './stale-data.ts';
import { vercelPage } from './vercel-page.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const PATIENCE_MS = 3 * MINUTE_MS;
const nothing: NoData = { noData: 'no_rows', message: 'Vercel counted nothing, not even the probes of this watch' };

/**
 * Counts all requests of production, static files included, from Vercel's observability query. Needs Observability Plus; whole
 * minutes only (facts §6). The counts are those of the project: right after a switch the first minutes may hold both releases.
 */
export function vercelObservability(given: { connection: VercelConnection; own: OwnRequests }): ObservationSource {
  let project: VercelProject | undefined;
  let endpoint: 'query' | 'metrics' = 'query';

  async function ask(opened: VercelProject, span: ObservabilityQuery): Promise<ObservabilityBucket[]> {
    try {
      return await queryObservability(opened, { ...span, endpoint });
    } catch (error) {
      // Gone, or not part of this plan: the newer endpoint may still answer. What it says then counts.
      const status = error instanceof VercelError ? error.status : undefined;
      if (endpoint === 'metrics' || !(status === 402 || status === 404 || status === 410)) throw error;
      endpoint = 'metrics';
      return await queryObservability(opened, { ...span, endpoint });
    }
  }

  let stopped: NoData | undefined;
  /** Once per watch: what it counted before says that it sees this project, and that its data stopped. */
  async function whyNothing(opened: VercelProject, from: number): Promise<NoData> {
    if (stopped) return stopped;
    const earlier = await ask(opened, { from: from - HOUR_MS, until: from, granularityMinutes: 1 });
    const last = Math.max(...earlier.map(({ end }) => end));
    const ago = Math.round((from - last) / MINUTE_MS);
    stopped = earlier.length === 0 ? nothing : stoppedBefore(`Vercel counted until ${ago} minutes before this window`);
    return stopped;
  }

  return {
    name: 'vercel-observability',
    granularityMs: MINUTE_MS,
    denominator: 'requests to production',
    // Each reading covers the whole window again, so what came late is in the next one.
    readAfterMs: [5_000],
    settledAfterMs: 20_000,
    looksBack: true,
    async open() {
      project = await openProjectOnce(given.connection);
    },
    async read(from, until, intervalMs) {
      if (!project) return { noData: 'source_not_open', message: 'the Vercel project is not open' };
      const minutes: ObservabilityBucket[] = [];
      // Beyond an hour Vercel answers in coarser buckets, so an hour at a time is asked for.
      for (let start = from; start < until; start += HOUR_MS) {
        const span = { from: start, until: Math.min(until, start + HOUR_MS), granularityMinutes: 1 };
        minutes.push(...(await ask(project, span)));
      }
      const intervals = intervalsOf(from, until, intervalMs);
      const sent = given.own.countBetween(from, until - PATIENCE_MS);
      if (minutes.length === 0 && (intervals.length === 0 || sent > 0)) {
        // Our own probes went through production and even they are not counted: the source does not see this project.
        return sent === 0 ? nothing : await whyNothing(project, from);
      }
      return intervals.map(({ start, end }) => {
        const inside = minutes.filter((minute) => minute.start >= start && minute.start < end);
        const requests = inside.reduce((sum, minute) => sum + minute.requests, 0);
        const errors = inside.reduce((sum, minute) => sum + minute.errors, 0);
        // Which of the errors are answers to our probes is not known; taking none of them off keeps them visible.
        const users = Math.max(errors, requests - given.own.countBetween(start, end));
        return { start: start / 1000, end: end / 1000, requests: users, errors };
      });
    },
    asked: () => ({
      query: "sum of vercel.request.count by httpStatus where environment eq 'production', per minute",
      link: vercelPage(given.connection, 'observability'),
    }),
    async close() {
      project = undefined;
    },
  };
}
