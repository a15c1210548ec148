import { type MetricRule, parseMetricRule } from './metric-rule.ts';
import { readingUnits } from './reading-rule.ts';

/** How an alert is judged: by counted requests, by our own checks over a period, or by a number beside the counts and its usual one. */
export type AlertKind = 'error-rate' | 'p95' | 'availability' | 'failed-checks' | 'reading' | 'unusual' | 'openings';

// Of a release: outside of one there is no release that an issue could be new in.
const ofReleases = ['new-issues'];

/** How a rule is judged outside of a release; undefined where this version cannot. Pure. */
export function alertKind({ metric, comparison, times, perMs }: MetricRule): AlertKind | undefined {
  if (metric === 'health-failures' && times !== undefined && perMs === undefined) return 'failed-checks';
  if (metric === 'circuit-breaker-opens' && times !== undefined && perMs !== undefined) return 'openings';
  const ofReading = Object.hasOwn(readingUnits, metric) && !ofReleases.includes(metric);
  if (metric === 'database-pool-exhausted' && comparison === 'event' && times === undefined) return 'reading';
  if (comparison === 'normal') return ofReading && isCount(metric) ? 'unusual' : undefined;
  if (comparison !== 'above' && comparison !== 'below') return undefined;
  if (metric === 'availability') return comparison === 'below' ? 'availability' : undefined;
  if (metric === 'error-rate' || metric === 'p95') return comparison === 'above' ? metric : undefined;
  return ofReading ? 'reading' : undefined;
}

function isCount(metric: string): boolean {
  return (readingUnits as Record<string, string>)[metric] === 'count';
}

/** Why nothing judges an alert, one sentence; undefined where something does. The rule must be readable. Pure. */
export function whyNotJudged(when: string): string | undefined {
  const rule = parseMetricRule(when);
  if (alertKind(rule) !== undefined) return undefined;
  return `this version judges no alert of the form "${rule.text}"`;
}
