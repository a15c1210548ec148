import type { Clock } from '#http/clock';
import { openVercelProject, type VercelConnection, type VercelProject } from '#vercel/project';
import { type MetricQuestion, readMetric } from '#vercel/read-metric';
import { VercelError } from '#vercel/vercel-error';
import { countsNothing } from '../bucket.ts';
import { gaugeParts, leastPartMs } from '../gauge-parts.ts';
import type { Reading } from '../reading.ts';
import type { ObservationSource } from '../source.ts';

interface Asked extends Pick<MetricQuestion, 'metric' | 'aggregation'> {
  /** Name of the reading, and its unit. */
  name: string;
  unit: Reading['unit'];
  /** How many samples it rests on; a value of too few is no reading. */
  count?: string;
}

const vital = (name: string, id: string, unit: Reading['unit'] = 'ms'): Asked => ({
  ...{ name, unit, metric: `vercel.speed_insights.${id}`, aggregation: 'p75' as const },
  count: `vercel.speed_insights.${id.replace(/_ms$/, '')}_count`,
});

/** p75 is what Core Web Vitals are judged by. FID is not offered any more: INP took its place. */
const visitors: readonly Asked[] = [
  vital('lcp', 'lcp_ms'),
  vital('inp', 'inp_ms'),
  vital('cls', 'cls', 'count'),
  vital('ttfb', 'ttfb_ms'),
];
const functions: readonly Asked[] = [
  {
    ...{ name: 'api-response-time', unit: 'ms' },
    ...{ metric: 'vercel.function_invocation.function_duration_ms', aggregation: 'p95' },
  },
  {
    ...{ name: 'function-memory-mb', unit: 'count' },
    ...{ metric: 'vercel.function_invocation.peak_memory_mb', aggregation: 'max' },
  },
];

const minuteMs = 60_000;

/** The p75 of fewer visits is that of one or two slow visitors, for which nothing is taken back. */
const leastVisits = 10;

/**
 * What visitors and functions of production measured, beside the counts of another source: Core Web Vitals of Speed Insights, and with
 * Observability Plus the time and the memory of functions (MET-03, MET-17). It counts no requests.
 */
export function vercelMetrics(given: { connection: VercelConnection; clock: Clock }): ObservationSource {
  let project: VercelProject | undefined;
  let plus = true;

  async function readOne(opened: VercelProject, asked: Asked, from: number, until: number): Promise<Reading[]> {
    const { name, unit, metric, aggregation } = asked;
    const [value, samples] = await Promise.all([
      readMetric(opened, { metric, aggregation, from, until }),
      asked.count === undefined
        ? undefined
        : readMetric(opened, { metric: asked.count, aggregation: 'sum', from, until }),
    ]);
    if (value === undefined || (asked.count !== undefined && (samples ?? 0) < leastVisits)) return [];
    const reading: Reading = { metric: name, value, unit, at: until / 1000, source: 'vercel-metrics' };
    return [{ ...reading, ...(samples !== undefined && { samples, about: `${samples} visits` }) }];
  }

  async function readings(from: number, until: number): Promise<Reading[]> {
    const opened = project;
    if (opened === undefined) return [];
    const ofVisitors = await Promise.all(visitors.map((asked) => readOne(opened, asked, from, until)));
    const ofFunctions = plus
      ? await Promise.all(functions.map((asked) => readOne(opened, asked, from, until))).catch((error: unknown) => {
          // Of the plan, and the same the next time: what every plan tells is told all the same.
          if (!(error instanceof VercelError) || error.reasonCode !== 'observability_plus_missing') throw error;
          plus = false;
          return [];
        })
      : [];
    return [...ofVisitors, ...ofFunctions].flat();
  }

  return {
    name: 'vercel-metrics',
    denominator: 'numbers, no requests',
    granularityMs: 0,
    readAfterMs: [0],
    looksBack: false,
    async open() {
      project = await openVercelProject(given.connection);
    },
    async read() {
      return countsNothing('vercel-metrics');
    },
    // A watch that has just begun asks what there was before it; of the minute in which it began a part is of that time, too.
    readings: async (from, until) =>
      await readings(until > from ? Math.ceil(from / minuteMs) * minuteMs : until - leastPartMs, until),
    // The p75 of a part is that of all its visits.
    async readingsOver(from, until) {
      const points: Reading[] = [];
      for (const { periodMs, ...part } of gaugeParts(from, until)) {
        const found = await readings(part.from, part.until);
        points.push(...found.map((reading) => ({ ...reading, periodMs })));
      }
      return points;
    },
    async close() {
      project = undefined;
    },
  };
}
