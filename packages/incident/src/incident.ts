import type { GitHub } from '#github/client';
import { type FiledIssue, fileIssue, findFiled } from './file-issue.ts';
import { forEverybody } from './for-everybody.ts';
import { quoted } from './issue-text.ts';
import {
  escalated,
  type IncidentFacts,
  incidentLabel,
  incidentMarker,
  isEscalated,
  renderIncident,
} from './render-incident.ts';

export type { IncidentFacts } from './render-incident.ts';

export type Incident = FiledIssue;

/**
 * Opens the incident issue of a release, or updates the one that is already there. An escalation is a comment besides, once,
 * because GitHub notifies nobody of a changed text. Whoever opens it says who reads it: what a public repository must not show is
 * left out here and nowhere else (S23). @throws GitHubError.
 */
export async function openIncident(
  github: GitHub,
  given: IncidentFacts,
  { everybodyReads }: { everybodyReads: boolean },
): Promise<Incident> {
  const facts = everybodyReads ? forEverybody(given) : given;
  const marker = incidentMarker(facts.key);
  const { escalation } = facts;
  const known = escalation === undefined ? undefined : await findFiled(github, marker, incidentLabel);
  const comment = async (number: number) => {
    if (escalation !== undefined && !isEscalated(known?.body ?? ''))
      await github.comment(number, `${escalated} ${quoted(escalation)}`);
  };
  // Before the text that would keep a second run from saying it.
  if (known !== undefined) await comment(known.number);
  const filed = await fileIssue(github, { marker, label: incidentLabel, ...renderIncident(facts), state: 'open' });
  if (known === undefined) await comment(filed.number);
  return filed;
}
