import { cleanText } from '#http/text';
import { codeBlock, quoted } from './issue-text.ts';

/** What an incident issue tells; all text is foreign and is escaped here. Times in milliseconds since the epoch. */
export interface IncidentFacts {
  /** Release key: one incident each (S6). */
  key: string;
  environment: string;
  version: string;
  commit?: string | undefined;
  decision: string;
  reasonCode: string;
  /** What happened, one sentence. */
  what: string;
  timeline: readonly { at: number; text: string }[];
  /** Measured values beside their limits. */
  measured: readonly { name: string; value: string }[];
  serving?: { deploymentId: string; version?: string | undefined; since?: number | undefined } | undefined;
  /** Commands to type next, most likely first. */
  commands: readonly string[];
  notes: readonly string[];
  /** What was done and what is left for a person. */
  checklist?:
    | readonly { name: string; state: 'done' | 'open' | 'failed'; note: string; at?: number | undefined }[]
    | undefined;
  /** Last lines of what failed, masked already; the caller leaves them out where everybody can read the issue (S23). */
  logs?: readonly string[] | undefined;
  runUrl?: string | undefined;
}

export const incidentLabel = 'ops-incident';

/** Hidden in the body so that a later attempt finds the issue. */
export function incidentMarker(key: string): string {
  return `<!-- ops-actions:incident:${key.replaceAll(/[^\w:./-]/g, '')} -->`;
}

/** GitHub takes 65 536 characters; the timeline is cut long before that. */
const timelineLimit = 100;
const logLimit = 40;

/** Title and body of the issue. Pure. */
export function renderIncident(facts: IncidentFacts): { title: string; body: string } {
  const { environment, version, serving } = facts;
  const ending = facts.decision === 'rolled-back' ? 'was rolled back' : `ended as ${facts.decision}`;
  const title = cleanText(`${version} on ${environment} ${ending}`, 200).replaceAll(/[@#]/g, ' ');
  const now =
    serving === undefined
      ? 'Vercel did not say what is served now.'
      : `Now serving: ${quoted(serving.version === undefined ? serving.deploymentId : `${serving.version} (${serving.deploymentId})`)}${serving.since === undefined ? '' : ` since ${clock(serving.since)}`}.`;
  const lines = [
    incidentMarker(facts.key),
    `**${quoted(facts.what)}**`,
    '',
    `Reason: ${quoted(facts.reasonCode)}. ${now}`,
    '',
    ...(facts.measured.length === 0
      ? []
      : [
          '| measured | |',
          '| --- | --- |',
          ...facts.measured.map(({ name, value }) => `| ${quoted(name)} | ${quoted(value)} |`),
          '',
        ]),
    '### Timeline',
    '',
    ...facts.timeline
      .toSorted((a, b) => a.at - b.at)
      .slice(0, timelineLimit)
      .map(({ at, text }) => `- ${clock(at)} ${quoted(text)}`),
    '',
    ...(facts.commands.length === 0 ? [] : ['### Next', '', codeBlock(facts.commands), '']),
    ...(facts.checklist === undefined
      ? []
      : [
          '### Rollback checklist',
          '',
          ...facts.checklist.map(({ name, state, note, at }) => {
            const when = at === undefined ? '' : ` (${clock(at)})`;
            return `- [${state === 'done' ? 'x' : ' '}] ${state === 'failed' ? '**failed** ' : ''}${quoted(name)}: ${quoted(note)}${when}`;
          }),
          '',
        ]),
    ...(facts.notes.length === 0
      ? []
      : ['### Worth knowing', '', ...facts.notes.map((note) => `- ${quoted(note)}`), '']),
    ...((facts.logs ?? []).length === 0
      ? []
      : ['### What the functions wrote', '', codeBlock((facts.logs ?? []).slice(-logLimit)), '']),
    ...(facts.commit === undefined ? [] : [`Commit: ${quoted(facts.commit)}`]),
    ...(facts.runUrl === undefined || !/^https?:\/\/[^\s<>()]+$/.test(facts.runUrl) ? [] : [`Run: <${facts.runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}

function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
