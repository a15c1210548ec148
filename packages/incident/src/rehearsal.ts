import type { GitHub } from '#github/client';
import { type FiledIssue, fileIssue } from './file-issue.ts';
import { drillLabel } from './render-drill.ts';
import { type RehearsalReport, rehearsalMarker, renderRehearsal } from './render-rehearsal.ts';

/** One issue for each environment: open while a person is needed, closed while the last rehearsal passed. @throws GitHubError. */
export async function fileRehearsal(github: GitHub, report: RehearsalReport): Promise<FiledIssue> {
  return await fileIssue(github, {
    marker: rehearsalMarker(report.environment),
    label: drillLabel,
    ...renderRehearsal(report),
    state: report.passed ? 'closed' : 'open',
  });
}
