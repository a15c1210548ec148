import { codeSpan, escapeMarkdown, link, table } from '#action-kit/markdown';
import { measure, percent } from '#observe/judge/judge';
import { clockOf, joined, mermaidChart } from '#observe/render-chart';
import type { WatchedProject, WatchOutcome } from '#observe/watch-types';
import type { ActionDecision } from './decide-action.ts';

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
  const chart = mermaidChart(outcome);
  const rows = joined(outcome.buckets).map((bucket) => [
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
    ...(outcome.apps === undefined ? [] : [projectsTable(outcome.apps)]),
    ...(outcome.readings.length > 0 ? [readingsTable(outcome)] : []),
    ...(chart.length > 0 ? [['```mermaid', ...chart, '```'].join('\n')] : []),
    ...(rows.length > 0
      ? [
          '<details><summary>Intervals</summary>',
          table(['Until', 'Requests', 'Errors', 'Error rate'], rows),
          '</details>',
        ]
      : []),
  ].join('\n\n');
}

/** Each project by its own requests: they are never added. */
function projectsTable(apps: readonly WatchedProject[]): string {
  const rows = apps.map(({ app, verdict, denominator, requests, errors, noData }) => [
    escapeMarkdown(app ?? 'the first one'),
    escapeMarkdown(verdict === 'no-data' && noData ? `${verdict}: ${noData.message}` : verdict),
    escapeMarkdown(denominator),
    String(requests),
    String(errors),
  ]);
  return table(['Project', 'Verdict', 'What is counted', 'Requests', 'Errors'], rows);
}

const single = ['new-issue', 'open-issue', 'failed-request', 'failed-endpoint'];

/** Numbers beside the counts; of issues and requests the first five of each kind. */
function readingsTable({ readings }: WatchOutcome): string {
  const rows = [
    ...readings.filter(({ metric }) => !single.includes(metric)),
    ...single.flatMap((kind) => readings.filter(({ metric }) => metric === kind).slice(0, 5)),
  ].map((each) => [
    escapeMarkdown(each.metric),
    measure(each.value, each.unit),
    each.users === undefined ? '' : String(each.users),
    each.url === undefined || each.about === undefined ? escapeMarkdown(each.about ?? '') : link(each.about, each.url),
    codeSpan(each.source),
  ]);
  return table(['Beside the counts', 'Value', 'Users', 'About', 'Source'], rows);
}
