import { SEEN_SHARE } from '#observe/combine-sources';
import type { GaugeOver } from '#observe/gauge-over';
import { explain, measure } from '#observe/judge/judge';
import type { RuleVerdict } from '#observe/judge/judge-rule';
import { describeCollapse, findTrafficCollapse } from '#observe/traffic-collapse';
import type { WatchOutcome } from '#observe/watch';
import type { Requirement } from './classify-requirement.ts';
import type { Measurement } from './judge-window.ts';
import type { PlannedWindow } from './plan-windows.ts';

/** Busy intervals before the promotion without which "normal" has no measure; the judge of a watch asks for the same. */
const leastBefore = 5;

/** What the counts of a window say about its requirements; `at` in milliseconds. Pure. */
export function answerRequirements(window: PlannedWindow, outcome: WatchOutcome, at: number): Measurement[] {
  return window.require.flatMap(({ text, requirement }) => {
    const answer = answerOf(requirement, outcome);
    return answer === undefined ? [] : [{ window: window.name, require: text, ...answer, at }];
  });
}

function answerOf(requirement: Requirement, outcome: WatchOutcome): Answer | undefined {
  if (requirement.kind === 'rule') return answerRule(requirement.rule, outcome);
  if (requirement.kind === 'traffic') return answerTraffic(outcome);
  return requirement.kind === 'metrics' ? answerMetrics(requirement, outcome) : undefined;
}

/** The worst of its parts, and which they are; where all are good, what each of them says. */
function answerMetrics({ rules, gauges }: Extract<Requirement, { kind: 'metrics' }>, outcome: WatchOutcome): Answer {
  const told = gauges.filter((rule) => outcome.gauges[metricOf(rule)] !== undefined);
  const named = [...rules, ...told].map((rule): [string, Answer] => [metricOf(rule), answerRule(rule, outcome)]);
  const parts: [string, Answer][] = [...named, ['traffic', answerTraffic(outcome)]];
  for (const verdict of ['fail', 'open', 'could-not-run', 'needs-confirmation'] as const) {
    const found = parts.filter(([, answer]) => answer.verdict === verdict);
    // A reason that several share is said once.
    const byValue = Map.groupBy(found, ([, { value }]) => value);
    const value = [...byValue].map(([why, of]) => `${of.map(([name]) => name).join(', ')}: ${why}`).join('; ');
    if (found.length > 0) return { verdict, value };
  }
  // Without limits and bounds: a ledger entry has no room for them.
  return {
    verdict: 'pass',
    value: parts.map(([, { value }]) => value.replace(/ (\(|is below|keeps).*$/, '')).join(', '),
  };
}

function metricOf(rule: string): string {
  return rule.split(' ', 1)[0] ?? rule;
}

const unknownBefore = 'too little was counted before the release to compare with';

function knowsBefore({ baseline }: Pick<WatchOutcome, 'baseline'>): boolean {
  return baseline.filter(({ requests }) => requests > 0).length >= leastBefore;
}

type Answer = Pick<Measurement, 'verdict' | 'value'>;

function answerRule(rule: string, outcome: WatchOutcome): Answer {
  const verdict = outcome.ruleVerdicts.find((each) => each.rule === rule);
  // Without it the floor of the rule would be the limit.
  if (rule.includes('x baseline ') && !knowsBefore(outcome)) {
    const open = outcome.reasonCode === 'window_open';
    return { verdict: open ? 'open' : 'needs-confirmation', value: unknownBefore };
  }
  // A broken rule stays broken, also while the window goes on.
  if (verdict?.verdict === 'fail') return { verdict: 'fail', value: said(verdict, outcome) };
  if (verdict?.reasonCode === 'needs_confirmation')
    return { verdict: 'needs-confirmation', value: 'no source of the watch tells it' };
  const gauge = verdict && outcome.gauges[verdict.metric];
  if (gauge !== undefined) return answerGauge(verdict as RuleVerdict, gauge, outcome);
  const momentary = verdict && describeMoment(verdict, outcome);
  if (momentary !== undefined) return { verdict: 'needs-confirmation', value: momentary };
  if (outcome.reasonCode === 'window_open')
    return { verdict: 'open', value: verdict ? `so far ${said(verdict, outcome)}` : 'nothing was counted yet' };
  const { verdict: seen, reasonCode } = outcome;
  if (verdict && seen !== 'no-data' && reasonCode !== 'traffic_collapsed' && isClearlyBelow(verdict))
    return { verdict: 'pass', value: said({ ...verdict, reasonCode: 'below_limit' }, outcome) };
  if (verdict === undefined || seen === 'no-data') return { verdict: 'could-not-run', value: outcome.summary };
  // The counts are all there, and say too little: later runs would find the same.
  if (reasonCode === 'traffic_collapsed') return { verdict: 'needs-confirmation', value: outcome.summary };
  if (verdict.verdict === 'undecided') return { verdict: 'needs-confirmation', value: said(verdict, outcome) };
  return { verdict: 'pass', value: said(verdict, outcome) };
}

/** A gauge that its source told over the window needs no counts; one that is unknown for too long is a question for a person. */
function answerGauge(verdict: RuleVerdict, { intervals }: GaugeOver, outcome: WatchOutcome): Answer {
  const { startedAt, windowUntil, effectiveIntervalSeconds } = outcome;
  const planned = Math.round((windowUntil - startedAt) / effectiveIntervalSeconds);
  const value = said(verdict, outcome);
  if (outcome.reasonCode === 'window_open') return { verdict: 'open', value: `so far ${value}` };
  if (intervals < planned * SEEN_SHARE)
    return {
      verdict: 'needs-confirmation',
      value: `${value}, but only ${intervals} of ${planned} intervals are known`,
    };
  return {
    verdict: verdict.verdict === 'pass' ? 'pass' : 'needs-confirmation',
    value: `${value} (${intervals} of ${planned} intervals)`,
  };
}

/**
 * A number beside the counts is what its source says at the moment of a look, or of the last minutes; only Sentry's list of new
 * issues is of the whole time since the release. Undefined for what was read over the whole window.
 */
function describeMoment({ metric, value, unit }: RuleVerdict, { readings }: WatchOutcome): string | undefined {
  const told = readings.filter((reading) => reading.metric === metric);
  if (metric === 'error-rate' || metric === 'p95') return undefined;
  if (metric === 'new-issues' && told.every(({ source }) => source === 'sentry')) return undefined;
  return `${metric} ${measure(value, unit)} when it was looked at, which says nothing of the whole window`;
}

/**
 * The sequential judge, which may be asked at any time, passes later than one look at the end may: then the whole 95 % interval
 * below the limit is enough. A breach is always its verdict.
 */
function isClearlyBelow({ metric, reasonCode, bound, limit }: RuleVerdict): boolean {
  return metric === 'error-rate' && reasonCode === 'undecided' && bound.upper < limit;
}

/** Without the words of the rule, which the requirement says already, and without what a ledger entry has no room for. */
function said(verdict: RuleVerdict, { buckets }: WatchOutcome): string {
  return explain(verdict, buckets)
    .replace(/ in "[^"]*"/, '')
    .replace(/, 95 % interval [^)]*/, '');
}

function answerTraffic({ baseline, buckets, reasonCode, verdict, summary }: WatchOutcome): Answer {
  if (reasonCode === 'window_open') return { verdict: 'open', value: 'its time is not over' };
  if (verdict === 'no-data') return { verdict: 'could-not-run', value: summary };
  if (!knowsBefore({ baseline })) return { verdict: 'needs-confirmation', value: unknownBefore };
  const collapse = findTrafficCollapse(baseline, buckets);
  if (collapse) return { verdict: 'fail', value: describeCollapse(collapse) };
  const requests = buckets.reduce((sum, bucket) => sum + bucket.requests, 0);
  return { verdict: 'pass', value: `${requests} requests` };
}
