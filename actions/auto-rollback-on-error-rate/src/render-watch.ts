import { codeSpan, escapeMarkdown, link, table } from '#action-kit/markdown';
import type { Bucket } from '#observe/bucket';
import { measure, percent } from '#observe/judge/judge';
import type { WatchOutcome } from '#observe/watch';
import type { ActionDecision } from './decide-action.ts';

// A chart with more points is not readable, and a summary over 1 MiB is dropped (trap 43).
const MOST_POINTS = 40;

/** The watch as a section of the job summary: sentence, chart, table of rules, table of intervals. */
export function renderWatch(
  outcome: WatchOutcome,
  about: { decision: ActionDecision; source: string; denominator: string; mode: string },
): string {
  const mild: string[] = ['held', 'superseded', 'cancelled', 'asked'];
  const { decision } = about.decision;
  const good = decision === 'watch-continues' ? '👀' : decision === 'pass' ? '✅' : undefined;
  const mark = good ?? (mild.includes(decision) ? '⚠️' : '❌');
  const rules = outcome.ruleVerdicts.map((rule) => [
    codeSpan(rule.rule),
    rule.level === 'warning' && rule.verdict === 'fail' ? 'warning' : rule.verdict,
    measure(rule.limit, rule.unit),
    measure(rule.value, rule.unit),
    String(rule.requests),
    `${measure(rule.bound.lower, rule.unit)} to ${measure(rule.bound.upper, rule.unit)}`,
  ]);
  const buckets = joined(outcome.buckets);
  const rows = buckets.map((bucket) => [
    clockOf(bucket.end - outcome.startedAt),
    String(bucket.requests),
    String(bucket.errors),
    bucket.requests === 0 ? 'no requests' : percent(bucket.errors / bucket.requests),
  ]);
  return [
    `### ${mark} Watch: ${decision}`,
    escapeMarkdown(about.decision.summary),
    `Source ${codeSpan(about.source)} (${escapeMarkdown(about.denominator)}), every ${outcome.effectiveIntervalSeconds} s, mode ${about.mode}.`,
    `Before: ${escapeMarkdown(outcome.baselineSaid)}.`,
    ...(outcome.query === undefined ? [] : [`Asked: ${codeSpan(outcome.query)}`]),
    ...(outcome.link === undefined ? [] : [link('The same numbers at the source', outcome.link)]),
    ...(rules.length > 0
      ? [table(['Rule', 'Verdict', 'Limit', 'Measured', 'Requests', '95 % interval (p95: quartiles)'], rules)]
      : []),
    ...(outcome.readings.length > 0 ? [readingsTable(outcome)] : []),
    ...(buckets.length > 1 ? [chart(buckets, outcome)] : []),
    ...(rows.length > 0
      ? [
          '<details><summary>Intervals</summary>',
          table(['Until', 'Requests', 'Errors', 'Error rate'], rows),
          '</details>',
        ]
      : []),
  ].join('\n\n');
}

/** Numbers beside the counts; of issues the newest five. */
function readingsTable({ readings }: WatchOutcome): string {
  const single = readings.filter(({ metric }) => metric === 'new-issue').slice(0, 5);
  const rows = [...readings.filter(({ metric }) => metric !== 'new-issue'), ...single].map((each) => [
    escapeMarkdown(each.metric),
    measure(each.value, each.unit),
    each.users === undefined ? '' : String(each.users),
    escapeMarkdown(each.about ?? ''),
    codeSpan(each.source),
  ]);
  return table(['Beside the counts', 'Value', 'Users', 'About', 'Source'], rows);
}

/** A Mermaid chart; it holds numbers and our own words only (S14). */
function chart(buckets: readonly Bucket[], outcome: WatchOutcome): string {
  const rates = buckets.map(({ requests, errors }) => (requests === 0 ? 0 : (errors / requests) * 100));
  const limit = outcome.unit === 'ms' ? 0 : (outcome.limit ?? 0) * 100;
  const top = Math.max(1, ...rates, limit) * 1.1;
  return [
    '```mermaid',
    'xychart-beta',
    '  title "Error rate in %, and the limit"',
    `  x-axis [${buckets.map((bucket) => `"${clockOf(bucket.end - outcome.startedAt)}"`).join(', ')}]`,
    `  y-axis "%" 0 --> ${top.toFixed(2)}`,
    `  line [${rates.map((rate) => rate.toFixed(2)).join(', ')}]`,
    ...(limit > 0 ? [`  line [${rates.map(() => limit.toFixed(2)).join(', ')}]`] : []),
    '```',
  ].join('\n');
}

/** Neighbours summed, so that at most MOST_POINTS are left. */
function joined(buckets: readonly Bucket[]): Bucket[] {
  const size = Math.ceil(buckets.length / MOST_POINTS);
  if (size <= 1) return [...buckets];
  return Array.from({ length: Math.ceil(buckets.length / size) }, (_, index) => {
    const group = buckets.slice(index * size, (index + 1) * size);
    return {
      start: group[0]?.start ?? 0,
      end: group.at(-1)?.end ?? 0,
      requests: group.reduce((sum, bucket) => sum + bucket.requests, 0),
      errors: group.reduce((sum, bucket) => sum + bucket.errors, 0),
    };
  });
}

function clockOf(seconds: number): string {
  const whole = Math.round(seconds);
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
}
