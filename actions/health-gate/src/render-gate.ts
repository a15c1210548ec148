import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { HealthReport } from '#probe/health-gate';
import type { ProbeOutcome } from '#probe/probe';

/** One check over all rounds, for the output `checks`; the newest outcomes are kept. */
export interface CheckHistory {
  name: string;
  url: string;
  asked: number;
  passed: number;
  last: ProbeOutcome;
  outcomes: ProbeOutcome[];
}

// Outputs of a job may hold 1 MB together; a gate of an hour would pass it.
const KEPT_OUTCOMES = 100;

/** The rounds of a gate, by check. */
export function historyOf(report: Pick<HealthReport, 'rounds'>): CheckHistory[] {
  const histories = new Map<string, ProbeOutcome[]>();
  for (const outcome of report.rounds.flat()) {
    const key = `${outcome.name} ${outcome.url}`;
    histories.set(key, [...(histories.get(key) ?? []), outcome]);
  }
  return [...histories.values()].flatMap((outcomes) => {
    const last = outcomes.at(-1);
    if (!last) return [];
    const passed = outcomes.filter((each) => each.outcome === 'pass').length;
    const { name, url } = last;
    return [{ name, url, asked: outcomes.length, passed, last, outcomes: outcomes.slice(-KEPT_OUTCOMES) }];
  });
}

/** The gate as a section of the job summary. */
export function renderGate(report: HealthReport, title: string, standardCheck: boolean): string {
  const mark = { pass: '✅', fail: '❌', 'could-not-run': '⚠️' };
  const rows = historyOf(report).map(({ name, url, asked, passed, last }) => [
    `${mark[last.outcome]} ${escapeMarkdown(name, 200)}`,
    codeSpan(url),
    `${passed} of ${asked}`,
    `${Math.round(last.durationMs)} ms`,
    escapeMarkdown(last.message, 300),
  ]);
  return [
    `### ${mark[report.decision]} Health gate ${escapeMarkdown(title, 200)}`,
    escapeMarkdown(report.summary),
    table(['Check', 'Address', 'Passed', 'Last answer after', 'Last answer'], rows),
    ...(standardCheck ? [STANDARD_CHECK] : []),
  ].join('\n\n');
}

/** Said wherever nobody configured a check. */
export const STANDARD_CHECK =
  'No check is configured, so this proves only that `GET /` answers below 400 and is not a login wall. Add `health.checks` to `.github/ops.yml`, or the input `urls`.';
