import { featureOf, parseMetricRule } from '#config/metric-rule';
import { formatRate } from '#config/parse-rate';
import { readingUnits } from '#config/reading-rule';

/** How one requirement of a window is answered. */
export type Requirement =
  /** From the counts and readings of the watch's sources, by a rule of the watch. */
  | { kind: 'rule'; metric: string; rule: string }
  | { kind: 'traffic' }
  /** Nothing that the sources count is other than before (PDW-07); gauges are judged where a source tells them over the window. */
  | { kind: 'metrics'; rules: readonly string[]; gauges: readonly string[] }
  /** By one look at a moment. */
  | { kind: LookKind }
  /** The same of one critical feature by its name (PDW-05). */
  | { kind: 'feature'; name: string }
  /** No API says it: a person does. */
  | { kind: 'confirmation' };

export type LookKind =
  | 'health'
  | 'smoke'
  | 'end-to-end'
  | 'tests'
  | 'data'
  /** Rows against the backup before the release. */
  | 'rows'
  | 'database'
  /** As `database`, and how long queries take against the time before. */
  | 'queries'
  | 'backups'
  | 'recovery';

/** What is looked at: a kind, or one feature. */
export type LookName = LookKind | `feature ${string}`;

const minuteMs = 60_000;

/** PDW-10: what "normal" may be above the time before. */
export const standardTolerance = 0.25;
/** Below these nobody notices a difference. */
const leastMs = 50;
const leastShare = 0.01;

/** One of them says it, the other is how runbooks put it. */
const ofAllMetrics = ['metrics normal', 'anomalies below 1'];
/** What the runbooks (000, 001, 004) and the database doctor call too much. */
const gaugeLimits = [
  'database-cpu above 80%',
  'memory above 85%',
  'database-pool above 80%',
  'replication-lag above 60s',
];

const looks: Readonly<Record<string, LookKind>> = {
  'health ok': 'health',
  'smoke passed': 'smoke',
  'end-to-end passed': 'end-to-end',
  'tests passed': 'tests',
  'data-integrity passed': 'data',
  'row-counts normal': 'rows',
  'database normal': 'queries',
  'database-queries normal': 'queries',
  'database-pool normal': 'database',
  'replication-lag normal': 'database',
  'backups running': 'backups',
  'recovery verified': 'recovery',
};

/** Reads a requirement of a window of `lengthMs`, which ops.yml was proven to hold in a known form. Pure; throws as parseMetricRule. */
export function classifyRequirement(
  text: string,
  { lengthMs, tolerance = standardTolerance }: { lengthMs: number; tolerance?: number | undefined },
): Requirement {
  const look = looks[text];
  if (look !== undefined) return { kind: look };
  const feature = featureOf(text);
  if (feature !== undefined) return { kind: 'feature', name: feature };
  if (text === 'traffic normal') return { kind: 'traffic' };
  const above = `above ${Number((1 + tolerance).toFixed(3))}x baseline and at least`;
  // `notify`: one broken rule does not end the judging of the others.
  const judged = (condition: string): string => `${condition} within ${lengthMs}ms: notify`;
  const normal = {
    p95: judged(`p95 ${above} ${leastMs}ms`),
    'error-rate': judged(`error-rate ${above} ${formatRate(leastShare)}`),
  };
  const confirmation: Requirement = { kind: 'confirmation' };
  if (ofAllMetrics.includes(text))
    return tolerance > 0
      ? { kind: 'metrics', rules: Object.values(normal), gauges: gaugeLimits.map(judged) }
      : confirmation;
  const { metric, comparison, limit, perMs, withinMs } = parseMetricRule(text);
  const unit = (readingUnits as Record<string, string>)[metric];
  // The judge counts over the window, and failures by the minute: what asks for another time is a question for a person.
  const perMinute = perMs === minuteMs && unit === 'count' && metric !== 'new-issues';
  if (withinMs !== undefined || (perMs !== undefined && !perMinute)) return confirmation;
  const rule = (written: string): Requirement => ({ kind: 'rule', metric, rule: written });
  if (comparison === 'normal' && (metric === 'p95' || metric === 'error-rate') && tolerance > 0)
    return rule(normal[metric]);
  if (comparison === 'below' && limit !== undefined) {
    if (metric === 'error-rate' || unit === 'share') return rule(judged(`${metric} above ${formatRate(limit)}`));
    if (metric === 'p95' || unit === 'ms') return rule(judged(`${metric} above ${limit}ms`));
    if (unit === 'count' && limit > 0) return rule(judged(`${metric} above ${limit - 1}${perMinute ? ' per 1m' : ''}`));
  }
  return confirmation;
}

/** True of what the sources of the watch answer. Pure. */
export function isCounted({ kind }: Requirement): boolean {
  return kind === 'rule' || kind === 'traffic' || kind === 'metrics';
}

/** The rules by which the watch judges it. Pure. */
export function rulesOf(requirement: Requirement): readonly string[] {
  if (requirement.kind === 'rule') return [requirement.rule];
  return requirement.kind === 'metrics' ? [...requirement.rules, ...requirement.gauges] : [];
}
