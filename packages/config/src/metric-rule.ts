import { z } from 'zod';
import { closest } from './did-you-mean.ts';
import { parseDuration } from './parse-duration.ts';
import { parseRate } from './parse-rate.ts';
import { allowedValues } from './values.ts';

type Unit = 'share' | 'time' | 'count';

/** Metrics that alerts and windows may name, with the unit of their limit. */
const metrics: Record<string, Unit> = {
  'error-rate': 'share',
  availability: 'share',
  'database-cpu': 'share',
  'database-pool': 'share',
  'database-disk': 'share',
  memory: 'share',
  p50: 'time',
  p95: 'time',
  p99: 'time',
  'api-response-time': 'time',
  lcp: 'time',
  inp: 'time',
  'replication-lag': 'time',
  'auth-failures': 'count',
  'function-errors': 'count',
  'webhook-failures': 'count',
  'circuit-breaker-opens': 'count',
  'new-issues': 'count',
  anomalies: 'count',
  usage: 'count',
  'storage-mb': 'count',
  traffic: 'count',
  'database-queries': 'time',
};

/** Things that happen or are asserted, without a number. */
const events = [
  'metrics normal',
  'health ok',
  'health-not-ok',
  'health-5xx',
  'health-failures',
  'smoke-failed',
  'smoke passed',
  'tests passed',
  'end-to-end passed',
  'features passed',
  'golden-paths passed',
  'migration-failed',
  'database-pool-exhausted',
  'database-corruption',
  'database normal',
  'data-loss',
  'data-integrity passed',
  'row-counts normal',
  'security-vulnerability',
  'critical-feature-broken',
  'minor-regression',
  'backups running',
  'recovery verified',
  'team-feedback confirmed',
  'documentation-updated confirmed',
  'issues-noted confirmed',
] as const;

/** Name of a critical feature (smoke.features); it stands in requirements, whose first 50 characters tell them apart. */
export const featureName = /^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$/;

/** The feature that `feature login passed` is about; undefined for other text. */
export function featureOf(text: string): string | undefined {
  const name = /^feature (\S+) passed$/.exec(text)?.[1];
  return name !== undefined && featureName.test(name) ? name : undefined;
}

/** A rule about any metric; alert-rules.ts says which of them are judged outside of a release. */
export interface MetricRule {
  metric: string;
  comparison: 'above' | 'below' | 'normal' | 'event';
  /** Share, milliseconds or count, by the metric. */
  limit?: number;
  /** `10 per 1m`: the time over which is counted, in milliseconds. */
  perMs?: number;
  /** `3 times in 5m` or `2 times in a row`. */
  times?: number;
  withinMs?: number;
  text: string;
}

const forms =
  '"p95 above 2s", "availability below 99.9%", "auth-failures above 10 per 1m", "circuit-breaker-opens 3 times in 5m", "p95 normal" or "smoke-failed"';

/** Reads a rule about any known metric (CFG-05). Throws an Error that names the part that is wrong. */
export function parseMetricRule(given: string): MetricRule {
  const text = given.trim().replace(/\s+/g, ' ');
  const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  if ((events as readonly string[]).includes(text) || featureOf(text) !== undefined)
    return { metric: text, comparison: 'event', text };
  const counted = /^(\S+) (\d{1,6}) times in (?:(a row)|(\S+))$/.exec(text);
  if (counted?.[1]) {
    knownMetric(counted[1], shown);
    const perMs = counted[4] === undefined ? undefined : parseDuration(counted[4]);
    return {
      metric: counted[1],
      comparison: 'event',
      times: Number(counted[2]),
      ...(perMs !== undefined && { perMs }),
      text,
    };
  }
  const compared = /^(\S+) (?:(normal)|(above|below) (\S+))(?: per (\S+))?(?: within (\S+))?$/.exec(text);
  if (!compared?.[1]) throw new Error(`"${shown}" is not a rule: ${didYouMean(text)}write e.g. ${forms}`);
  const unit = knownMetric(compared[1], shown);
  return {
    metric: compared[1],
    comparison: compared[2] ? 'normal' : (compared[3] as 'above' | 'below'),
    ...(compared[4] !== undefined && { limit: limitOf(compared[4], unit, shown) }),
    ...(compared[5] !== undefined && { perMs: parseDuration(compared[5]) }),
    ...(compared[6] !== undefined && { withinMs: parseDuration(compared[6]) }),
    text,
  };
}

/** `parseMetricRule` as a schema; the value stays text. */
export function metricRule(): z.ZodType<string, string> {
  const schema = z.string().transform((given, context) => {
    try {
      return parseMetricRule(given).text;
    } catch (error) {
      context.issues.push({ code: 'custom', message: (error as Error).message, input: given });
      return z.NEVER;
    }
  });
  allowedValues.add(schema, { allowed: `a rule such as ${forms}` });
  return schema;
}

function knownMetric(name: string, shown: string): Unit {
  const unit = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  if (unit) return unit;
  if ((events as readonly string[]).includes(name)) return 'count';
  throw new Error(
    `"${shown}": there is no metric ${name.slice(0, 40)}; ${didYouMean(name)}known: ${Object.keys(metrics).join(', ')}`,
  );
}

function didYouMean(word: string): string {
  const near = closest(word, [...Object.keys(metrics), ...events]);
  return near ? `did you mean ${near}? ` : '';
}

function limitOf(text: string, unit: Unit, shown: string): number {
  if (unit === 'share') return parseRate(text);
  if (unit === 'time') return parseDuration(text);
  if (!/^\d{1,9}$/.test(text)) throw new Error(`"${shown}": the limit is a whole number`);
  return Number(text);
}
