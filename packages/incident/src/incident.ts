import type { GitHub } from '#github/client';
import { type FiledIssue, fileIssue } from './file-issue.ts';
import { type IncidentFacts, incidentLabel, incidentMarker, renderIncident } from './render-incident.ts';

export type { IncidentFacts } from './render-incident.ts';

export type Incident = FiledIssue;

/** Opens the incident issue of a release, or updates the one that is already there. @throws GitHubError. */
export async function openIncident(github: GitHub, facts: IncidentFacts): Promise<Incident> {
  const marker = incidentMarker(facts.key);
  return await fileIssue(github, { marker, label: incidentLabel, ...renderIncident(facts), state: 'open' });
}
