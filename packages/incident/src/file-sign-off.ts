import type { GitHub } from '#github/client';
import { type FiledIssue, fileIssue, findIssue } from './file-issue.ts';
import { renderSignOff, type SignOffFacts, signOffLabel, signOffMarker } from './render-sign-off.ts';

/** Number of the deployment issue of a release; undefined while there is none. @throws GitHubError. */
export async function findSignOff(github: GitHub, key: string): Promise<number | undefined> {
  return await findIssue(github, signOffMarker(key), signOffLabel);
}

/** One issue for each release: open until everything is signed off, or until another release takes its place. @throws GitHubError. */
export async function fileSignOff(github: GitHub, facts: SignOffFacts): Promise<FiledIssue> {
  const marker = signOffMarker(facts.key);
  const state = facts.state === 'complete' || facts.state === 'superseded' ? 'closed' : 'open';
  return await fileIssue(github, { marker, label: signOffLabel, ...renderSignOff(facts), state });
}
