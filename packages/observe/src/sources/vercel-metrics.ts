import type { Clock } from '#http/clock';
import type { VercelConnection, VercelProject } from '#vercel/project';
import { type MetricQuestion, readMetric } from '#vercel/read-metric';
import { VercelError } from '#vercel/vercel-error';
import { countsNothing } from '../bucket.ts';
import { gaugeParts, leastPartMs } from '../gauge-parts.ts';
import type { Reading } from '../reading.ts';
import type { ObservationSource } from '../source.ts';
import { openProjectOnce } from './open-project-once.ts';

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
 * Observability Plus the time and the memory of functions (MET-03, MET-17). It counts no requests. Each number is a question, of visitors
 * two: where `ruleMetrics` names some of them, the others are not asked for.
 */
export function vercelMetrics(given: {
  connection: VercelConnection;
  clock: Clock;
  ruleMetrics?: readonly string[] | undefined;
}): ObservationSource {
  const { ruleMetrics = [] } = given;
  const isNamed = ({ name }: Asked): boolean => ruleMetrics.includes(name);
  const wanted = [...visitors, ...functions].some(isNamed) ? isNamed : () => true;
  let project: VercelProject | undefined;
  let plus = true;
  /** Where a time was found to have enough visits, it has them however long it grows: they are not counted again. */
  const enough = new Map<string, number>();

  async function readOne(opened: VercelProject, asked: Asked, from: number, until: number): Promise<Reading[]> {
    const { name, unit, metric, aggregation, count } = asked;
    const key = `${name} ${from}`;
    const known = enough.get(key);
    const [value, counted] = await Promise.all([
      readMetric(opened, { metric, aggregation, from, until }),
      count === undefined || known !== undefined
        ? undefined
        : readMetric(opened, { metric: count, aggregation: 'sum', from, until }),
    ]);
    const samples = known ?? counted;
    if (value === undefined || (count !== undefined && (samples ?? 0) < leastVisits)) return [];
    const reading: Reading = { metric: name, value, unit, at: until / 1000, source: 'vercel-metrics' };
    if (samples === undefined) return [reading];
    enough.set(key, samples);
    return [{ ...reading, samples, about: known === undefined ? `${samples} visits` : `at least ${samples} visits` }];
  }

  async function readings(from: number, until: number): Promise<Reading[]> {
    const opened = project;
    if (opened === undefined) return [];
    const ofVisitors = await Promise.all(visitors.filter(wanted).map((asked) => readOne(opened, asked, from, until)));
    const ofFunctions = plus
      ? await Promise.all(functions.filter(wanted).map((asked) => readOne(opened, asked, from, until))).catch(
          (error: unknown) => {
            // Of the plan, and the same the next time: what every plan tells is told all the same.
            if (!(error instanceof VercelError) || error.reasonCode !== 'observability_plus_missing') throw error;
            plus = false;
            return [];
          },
        )
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
      project = await openProjectOnce(given.connection);
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
