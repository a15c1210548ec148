import { escapeMarkdown, table } from '#action-kit/markdown';
import type { Result } from '#action-kit/result';
import { commandOn } from '#release/command-line';
import type { ReconcileOutcome } from '#release/reconcile';
import type { Story } from './story.ts';

/** Red only where a person has to act now: the dead run itself is red already. Pure. */
export function describeOutcome(given: {
  settings: { environment: string; production: boolean };
  outcome: Pick<ReconcileOutcome, 'locks' | 'alarming'>;
  stories: readonly Story[];
  warnings: readonly string[];
}): Result {
  const { settings, outcome, stories, warnings } = given;
  const { environment } = settings;
  const { locks, alarming } = outcome;
  const done = [...stories.map(({ version, what }) => `${version}: ${what}`), ...locks];
  const nothing = done.length === 0;
  const next = alarming ? ` Next: check production, then: ${commandOn(settings, 'releases')}` : '';
  const lines = [
    `## Reconcile ${escapeMarkdown(environment)}`,
    '',
    ...(nothing ? ['Nothing was left to finish.'] : []),
    ...(stories.length === 0
      ? []
      : [
          table(
            ['release', 'end', ''],
            stories.map(({ version, decision, what }) => [escapeMarkdown(version), decision, escapeMarkdown(what)]),
          ),
          '',
        ]),
    ...[...locks, ...warnings].map((line) => `- ${escapeMarkdown(line)}`),
  ];
  return {
    decision: alarming ? 'needs-a-person' : nothing ? 'nothing-left' : 'finished',
    reasonCode: alarming ? 'needs_a_person' : nothing ? 'nothing_left' : 'finished',
    summary: nothing ? `Nothing was left to finish on ${environment}.` : `${done.join(' ')}${next}`,
    failed: alarming,
    ...(stories.length > 0 ? { warning: true } : {}),
    details: { environment, finished: stories, locks, warnings },
    outputs: { incidents: String(stories.filter(({ needsIncident }) => needsIncident).length) },
    jobSummary: lines.join('\n'),
  };
}
