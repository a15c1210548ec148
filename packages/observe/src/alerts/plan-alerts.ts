import { isDeepStrictEqual } from 'node:util';
import { type AlertKind, alertKind, whyNotJudged } from '#config/alert-rules';
import { type MetricRule, parseMetricRule } from '#config/metric-rule';
import type { AlertSettings } from '#config/settings';
import type { AskedPeriod } from '../sources/value-reading.ts';

/** One limit of an alert. */
export interface AlertLimit {
  rule: MetricRule;
  level?: string;
  route?: string;
}

/**
 * One state that people are told of: all limits about one metric, counted over one period, in one direction, the mildest first. Of several broken limits the
 * strictest speaks, so a rate of 6 % is one message and not two.
 */
export interface Alert {
  /** Stable over runs, e.g. `error-rate above`: the state is kept under it. */
  key: string;
  kind: AlertKind;
  /** Over how long its numbers are counted, in milliseconds, where they are readings that are counted. */
  periodMs: number;
  limits: AlertLimit[];
}

const minuteMs = 60_000;
/** Long enough that an hour of the day can be compared with itself. */
const usualPeriodMs = 3_600_000;

/** What ops.yml asks for, sorted into alerts, and what nothing here judges, one sentence each. The rules must be readable. Pure. */
export function planAlerts(given: readonly AlertSettings[]): { alerts: Alert[]; notJudged: string[] } {
  const alerts = new Map<string, Alert>();
  const notJudged: string[] = [];
  for (const { when, level, route } of given) {
    const rule = withoutEvent(parseMetricRule(when));
    const kind = alertKind(rule);
    if (kind === undefined) {
      notJudged.push(whyNotJudged(when) ?? when);
      continue;
    }
    const standardMs = kind === 'unusual' ? usualPeriodMs : minuteMs;
    const periodMs = (kind === 'unusual' || kind === 'reading' ? rule.perMs : undefined) ?? standardMs;
    // The standard period is not said, so that what was kept of such an alert is found again.
    const per = periodMs === standardMs ? '' : ` per ${periodMs / minuteMs}m`;
    const key = `${rule.metric} ${kind === 'failed-checks' ? 'in a row' : kind === 'openings' ? 'in a period' : rule.comparison}${per}`;
    const alert = alerts.get(key) ?? { key, kind, periodMs, limits: [] };
    alert.limits.push({ rule, ...(level !== undefined && { level }), ...(route !== undefined && { route }) });
    alerts.set(key, alert);
  }
  for (const { limits } of alerts.values())
    limits.sort((a, b) =>
      a.rule.comparison === 'below' ? height(b.rule) - height(a.rule) : height(a.rule) - height(b.rule),
    );
  return { alerts: [...alerts.values()], notJudged };
}

/** What an alert is about, for messages: its metric, and the period where there may be several alerts about it. Pure. */
export function subjectOf(key: string): string {
  return `${key.split(' ', 1)[0]}${/ per \S+$/.exec(key)?.[0] ?? ''}`;
}

/** An exhausted pool is a gauge at its end. */
function withoutEvent(rule: MetricRule): MetricRule {
  if (rule.metric !== 'database-pool-exhausted') return rule;
  return { metric: 'database-pool', comparison: 'above', limit: 0.995, text: rule.text };
}

/** What sources are asked for by the metrics of alerts, each period once. Pure. */
export function periodsOfAlerts(alerts: readonly Alert[]): Record<string, AskedPeriod[]> {
  const periods: Record<string, AskedPeriod[]> = {};
  for (const { kind, periodMs, limits } of alerts) {
    const metric = limits[0]?.rule.metric;
    if (metric === undefined || (kind !== 'reading' && kind !== 'unusual')) continue;
    const asked = { periodMs, compared: kind === 'unusual' };
    const others = periods[metric] ?? [];
    if (!others.some((other) => isDeepStrictEqual(other, asked))) periods[metric] = [...others, asked];
  }
  return periods;
}

function height({ limit, times }: MetricRule): number {
  return limit ?? times ?? 0;
}
