import { escapeMarkdown, link, table } from '#action-kit/markdown';
import type { OutcomeFacts, ReleaseOutcome } from '#release/decide-release-outcome';
import { toPhases } from './steps.ts';

/** The end of a release for the job summary. Pure. */
export function renderSummary(given: {
  outcome: ReleaseOutcome;
  lastLine: string;
  steps: OutcomeFacts;
  warnings: readonly string[];
  incident?: { number: number; url: string } | undefined;
  environment: string;
  version: string;
}): string {
  const { outcome, steps, incident } = given;
  const lines = [
    `## ${escapeMarkdown(given.version)} on ${escapeMarkdown(given.environment)}: ${outcome.decision}`,
    '',
    escapeMarkdown(given.lastLine),
    '',
    table(
      ['step', 'outcome', ''],
      toPhases(steps).map(({ name, state, detail }) => [name, state, escapeMarkdown(detail ?? '')]),
    ),
    '',
  ];
  if (incident !== undefined) lines.push(link(`Incident #${incident.number}`, incident.url), '');
  for (const warning of given.warnings) lines.push(`- ${escapeMarkdown(warning)}`);
  return lines.join('\n');
}
