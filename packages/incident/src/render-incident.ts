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
  /** Why more people have to know than those who are at it, e.g. a restore beyond its target. */
  escalation?: string | undefined;
  timeline: readonly { at: number; text: string }[];
  /** Measured values beside their limits. */
  measured: readonly { name: string; value: string }[];
  /** `not-asked`: it does not matter here. */
  serving?:
    | { deploymentId: string; version?: string | undefined; since?: number | undefined }
    | 'not-asked'
    | undefined;
  /** Commands to type next, most likely first. */
  commands: readonly string[];
  notes: readonly string[];
  /** Default: Rollback checklist. */
  checklistName?: string;
  /** What was done and what is left for a person. */
  checklist?:
    | readonly { name: string; state: 'done' | 'open' | 'failed'; note: string; at?: number | undefined }[]
    | undefined;
  /** Last lines of what failed, masked already; not in an issue that everybody reads (S23). */
  logs?: readonly string[] | undefined;
  /** Lines of a Mermaid chart, made of numbers and our own words only: it is not escaped. */
  chart?: readonly string[] | undefined;
  /** Pages of single errors: traces, requests, issues; not in an issue that everybody reads (S23). */
  links?: readonly { about: string; url: string }[] | undefined;
  runUrl?: string | undefined;
}

export const incidentLabel = 'ops-incident';

export const escalated = '**Escalated:**';

/** Whether a body says that its incident was escalated: at our place, for foreign text may say anything elsewhere. Pure. */
export function isEscalated(body: string): boolean {
  return body.split('\n')[3]?.startsWith(escalated) === true;
}

/** Hidden in the body so that a later attempt finds the issue. */
export function incidentMarker(key: string): string {
  return `<!-- ops-actions:incident:${key.replaceAll(/[^\w:./-]/g, '')} -->`;
}

const endings: Record<string, string> = {
  'rolled-back': 'was rolled back',
  restored: 'was restored',
  damaged: 'holds damaged rows',
};

/** GitHub takes 65 536 characters; the timeline is cut long before that. */
const timelineLimit = 100;
const logLimit = 40;
const linkLimit = 10;
/** What forms a link and nothing else between angle brackets. */
const address = /^https?:\/\/[^\s<>()]+$/;

/** Title and body of the issue. Pure. */
export function renderIncident(facts: IncidentFacts): { title: string; body: string } {
  const { environment, version, serving } = facts;
  const ending = endings[facts.decision] ?? `ended as ${facts.decision}`;
  const title = cleanText(`${version} on ${environment} ${ending}`, 200).replaceAll(/[@#]/g, ' ');
  const now =
    serving === 'not-asked'
      ? ''
      : serving === undefined
        ? 'Vercel did not say what is served now.'
        : `Now serving: ${quoted(serving.version === undefined ? serving.deploymentId : `${serving.version} (${serving.deploymentId})`)}${serving.since === undefined ? '' : ` since ${clock(serving.since)}`}.`;
  const links = (facts.links ?? []).filter(({ url }) => address.test(url)).slice(0, linkLimit);
  const lines = [
    incidentMarker(facts.key),
    `**${quoted(facts.what)}**`,
    '',
    ...(facts.escalation === undefined ? [] : [`${escalated} ${quoted(facts.escalation)}`, '']),
    `Reason: ${quoted(facts.reasonCode)}. ${now}`.trim(),
    '',
    ...(facts.measured.length === 0
      ? []
      : [
          '| measured | |',
          '| --- | --- |',
          ...facts.measured.map(({ name, value }) => `| ${quoted(name)} | ${quoted(value)} |`),
          '',
        ]),
    ...((facts.chart ?? []).length === 0 ? [] : ['```mermaid', ...(facts.chart ?? []), '```', '']),
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
          `### ${facts.checklistName ?? 'Rollback checklist'}`,
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
    ...(links.length === 0
      ? []
      : ['### Errors to look at', '', ...links.map(({ about, url }) => `- ${quoted(about)}: <${url}>`), '']),
    ...(facts.commit === undefined ? [] : [`Commit: ${quoted(facts.commit)}`]),
    ...(facts.runUrl === undefined || !address.test(facts.runUrl) ? [] : [`Run: <${facts.runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}

function clock(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
