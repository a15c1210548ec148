import { parseDuration } from './parse-duration.ts';
import { parseRate } from './parse-rate.ts';
import { parsePart, positiveDuration, type RuleWords, takeWords } from './rule-words.ts';

/**
 * Numbers beside the counts that a rule may name, with the unit of their limit. Sentry tells new-issues and crash-free, Prometheus
 * and Grafana whatever `gauges` names, Supabase's logs function-errors (of the worst minute) and api-response-time, its metrics what the machine does, a database whatever `sql.values` names; what no source of a watch tells is a confirmation by a person.
 */
export const readingUnits = {
  'new-issues': 'count',
  'crash-free': 'share',
  'database-cpu': 'share',
  'database-pool': 'share',
  'database-disk': 'share',
  memory: 'share',
  lcp: 'ms',
  inp: 'ms',
  'api-response-time': 'ms',
  'replication-lag': 'ms',
  'function-errors': 'count',
  'auth-failures': 'count',
  'webhook-failures': 'count',
  usage: 'count',
  'storage-mb': 'count',
} as const satisfies Record<string, 'share' | 'ms' | 'count'>;
export type ReadingMetric = keyof typeof readingUnits;

/** A rule about a number beside the counts. */
export interface ReadingRule extends RuleWords {
  metric: ReadingMetric;
  comparison: 'above' | 'below';
  unit: 'share' | 'ms' | 'count';
  limit: number;
  /** Only issues that touched so many users count. */
  leastUsers?: number;
}

/** Reads `new-issues above 0 with at least 5 users` or `database-cpu above 80%`; undefined for another metric. Throws an Error. */
export function parseReadingRule(text: string, shown: string): ReadingRule | undefined {
  const name = text.split(' ', 1)[0] ?? '';
  const metric = (Object.keys(readingUnits) as ReadingMetric[]).find((each) => each === name);
  if (!metric) return undefined;
  const { head, words } = takeWords(text, shown);
  const part =
    /^\S+ (?<comparison>above|below) (?<limit>\S+?)(?<perMinute> per (?:1m|minute))?(?: with at least (?<users>\d{1,6}) users?)?(?: within (?<within>\S+))?$/.exec(
      head,
    )?.groups;
  if (!part?.comparison || !part.limit)
    throw new Error(
      `"${shown}" is not a rule: write e.g. "new-issues above 0 with at least 5 users", "database-cpu above 80%" or "crash-free below 99.5%"`,
    );
  if (part.users && metric !== 'new-issues')
    throw new Error(`"${shown}": "with at least … users" belongs to new-issues`);
  if (part.perMinute && (readingUnits[metric] !== 'count' || metric === 'new-issues'))
    throw new Error(`"${shown}": "per 1m" belongs to a number of failures, e.g. function-errors`);
  if (words.immediately)
    throw new Error(`"${shown}": "immediately" belongs to error-rate; a reading is judged when it comes`);
  const unit = readingUnits[metric];
  return {
    metric,
    comparison: part.comparison as 'above' | 'below',
    unit,
    limit: limitOf(part.limit, unit, shown),
    ...(part.users && { leastUsers: Number(part.users) }),
    ...(part.within && { withinMs: positiveDuration(part.within, shown) }),
    ...words,
    text,
  };
}

function limitOf(given: string, unit: ReadingRule['unit'], shown: string): number {
  if (unit === 'share') return parsePart(() => parseRate(given), shown);
  if (unit === 'ms') return parsePart(() => parseDuration(given), shown);
  if (!/^\d{1,9}$/.test(given)) throw new Error(`"${shown}": the limit is a whole number`);
  return Number(given);
}
