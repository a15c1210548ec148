import { InputError } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { GitHub } from '#github/client';
import { type Incident, openIncident } from '#incident/incident';
import { incidentOf, readStories } from './story.ts';

/**
 * Opens or updates one issue per end that people have to look at, from a job with `issues: write` and no production secrets
 * (S12). @throws InputError where the job before did not say what it did: then nobody may take that for "nothing".
 */
export async function incidents(
  github: GitHub,
  reconciled: string | undefined,
  readers: { everybodyReads: boolean },
): Promise<Result> {
  const stories = readStories(reconciled);
  if (stories === undefined) {
    throw new InputError([
      {
        name: 'reconciled',
        message:
          'does not say what was finished: the job before died, or GitHub dropped its output because a secret stood in it; read its log and the ledger',
        allowed: 'the output `result` of event finish',
      },
    ]);
  }
  const opened: Incident[] = [];
  for (const story of stories.filter(({ needsIncident }) => needsIncident))
    opened.push(await openIncident(github, incidentOf(story), readers));
  const list = opened.map(({ number }) => `#${number}`).join(', ');
  const none = opened.length === 0;
  return {
    decision: none ? 'not-needed' : 'opened',
    reasonCode: none ? 'not_needed' : 'incidents_open',
    summary: none
      ? 'No incident: production was left as it was or proven.'
      : `Incidents for people to look at: ${list}`,
    failed: false,
    details: { incidents: opened.map(({ number, url }) => ({ number, url })) },
    outputs: { incidents: String(opened.length) },
  };
}
