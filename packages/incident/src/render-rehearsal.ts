import { cleanText } from '#http/text';
import { quoted } from './issue-text.ts';

/** One rehearsal of the way back. `at` in Unix seconds, all others in seconds; text is foreign and is escaped here. */
export interface RehearsalLine {
  at: number;
  passed: boolean;
  reasonCode: string;
  /** Deployment that served before, and has to serve again. */
  former: string;
  /** From the promotion to the decision; from there to the domains, and to the proof. Absent where nothing was taken back. */
  times?: { detection: number; swap: number; verified: number } | undefined;
  /** Target of the proof. */
  limitSeconds: number;
}

/** What the one issue about the rehearsals of an environment tells. */
export interface RehearsalReport {
  environment: string;
  /** Of the newest one. */
  summary: string;
  passed: boolean;
  /** Newest first. */
  rehearsals: readonly RehearsalLine[];
  runUrl?: string | undefined;
}

/** Hidden in the body so that the next rehearsal finds the issue. */
export function rehearsalMarker(environment: string): string {
  return `<!-- ops-actions:rehearsal:${environment.replaceAll(/[^\w:./-]/g, '')} -->`;
}

/** An audit asks for the past year; monthly ones of two years fit. */
const shown = 24;

/** Title and body of the issue. Pure. */
export function renderRehearsal(report: RehearsalReport): { title: string; body: string } {
  const { environment, rehearsals, runUrl } = report;
  const ending = report.passed ? 'passed' : 'needs a person';
  const title = cleanText(`Rehearsal of the way back of ${environment}: ${ending}`, 200).replaceAll(/[@#]/g, ' ');
  const rows = rehearsals.slice(0, shown).map((one) => {
    const { times, limitSeconds } = one;
    const measured =
      times === undefined
        ? ['', '', `nothing of ${seconds(limitSeconds)}`]
        : [seconds(times.detection), seconds(times.swap), `${seconds(times.verified)} of ${seconds(limitSeconds)}`];
    const result = quoted(one.passed ? 'passed' : one.reasonCode);
    return `| ${[day(one.at), result, quoted(one.former), ...measured].join(' | ')} |`;
  });
  const lines = [
    rehearsalMarker(environment),
    `**${quoted(report.summary)}**`,
    '',
    '| date | result | served before | breach seen after | domains back after | proven after, of its target |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
    ...(runUrl === undefined || !/^https?:\/\/[^\s<>()]+$/.test(runUrl) ? [] : [`Run: <${runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}

function seconds(value: number): string {
  return `${Math.round(value)} s`;
}

function day(at: number): string {
  return new Date(at * 1000).toISOString().slice(0, 10);
}
