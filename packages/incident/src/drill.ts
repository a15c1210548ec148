import type { GitHub } from '#github/client';
import { type FiledIssue, fileIssue } from './file-issue.ts';
import { type DrillReport, drillLabel, drillMarker, renderDrill } from './render-drill.ts';

/** One issue for each environment: open while a person is needed, closed while the last drill passed. @throws GitHubError. */
export async function fileDrill(github: GitHub, report: DrillReport): Promise<FiledIssue> {
  return await fileIssue(github, {
    marker: drillMarker(report.environment),
    label: drillLabel,
    ...renderDrill(report),
    state: report.passed ? 'closed' : 'open',
  });
}
