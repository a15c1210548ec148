import { codeSpan, escapeMarkdown, table } from '#action-kit/markdown';
import type { SmokeReport } from '#probe/smoke-suite';

/** The suite as a section of the job summary. */
export function renderSuite(report: SmokeReport, baseUrl: string): string {
  const mark = { pass: '✅', flaky: '⚠️', fail: '❌', 'could-not-run': '⚠️' };
  const rows = report.tests.map((test) => [
    `${mark[test.outcome]} ${escapeMarkdown(test.name, 200)}`,
    test.outcome,
    `${Math.round(test.durationMs)} ms`,
    escapeMarkdown(test.message, 300),
  ]);
  const outputs = report.tests
    .filter((test) => test.output && test.outcome !== 'pass')
    .map((test) =>
      (test.output ?? '')
        .split('\n')
        .map((line) => codeSpan(line, 300))
        .join('  \n'),
    );
  return [
    `### ${mark[report.decision]} Smoke tests on ${codeSpan(baseUrl)}`,
    escapeMarkdown(report.summary),
    ...(rows.length > 0 ? [table(['Test', 'Outcome', 'Time', 'What was seen'], rows)] : []),
    ...outputs,
  ].join('\n\n');
}
