import type { GitHub } from '#github/client';
import { type IncidentFacts, incidentLabel, incidentMarker, renderIncident } from './render-incident.ts';

export type { IncidentFacts } from './render-incident.ts';

export interface Incident {
  number: number;
  url: string;
  /** False when the issue of an earlier attempt was found and brought up to date. */
  created: boolean;
}

/**
 * Opens the incident issue of a release, or updates the one that is already there: found by its marker among the issues
 * with our label, because search lags (S6). @throws GitHubError, e.g. without `issues: write`.
 */
export async function openIncident(github: GitHub, facts: IncidentFacts): Promise<Incident> {
  const { title, body } = renderIncident(facts);
  const found = await findIncident(github, facts.key);
  if (found !== undefined) {
    const issue = await github.updateIssue(found, { title, body, state: 'open' });
    return { number: issue.number, url: issue.url, created: false };
  }
  const issue = await github.createIssue({ title, body, labels: [incidentLabel] });
  return { number: issue.number, url: issue.url, created: true };
}

async function findIncident(github: GitHub, key: string): Promise<number | undefined> {
  const marker = incidentMarker(key);
  const labelled = await github.listIssues({ labels: [incidentLabel], state: 'all' });
  const own = labelled.filter((issue) => issue.body.includes(marker)).map((issue) => issue.number);
  if (own.length > 0) return Math.min(...own);
  // Labels are dropped in silence without push access (facts/github-actions.md §14).
  const open = await github.listIssues({ state: 'open' });
  return open.find((issue) => issue.body.includes(marker))?.number;
}
