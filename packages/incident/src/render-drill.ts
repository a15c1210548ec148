import { cleanText } from '#http/text';
import { codeBlock, quoted } from './issue-text.ts';

/** One drill, as it is told. Times in Unix seconds; all text is foreign and is escaped here. */
export interface DrillLine {
  at: number;
  passed: boolean;
  reasonCode: string;
  /** Name of the backup. */
  backup: string;
  /** Measured, each with its target, in words. */
  recoveryTime: string;
  dataAge: string;
  frontend: string;
  rebuild: string;
}

/** What the one issue about the drills of an environment tells. */
export interface DrillReport {
  environment: string;
  /** Of the newest drill. */
  summary: string;
  passed: boolean;
  problems: readonly string[];
  remarks: readonly string[];
  /** Newest first. */
  drills: readonly DrillLine[];
  /** Each key with the moment of its last proof. */
  keys: readonly { recipient: string; openedAt?: number | undefined }[];
  /** Commands by which the holders of keys that are not proven read their word. */
  open: readonly { recipient: string; command: readonly string[] }[];
  runUrl?: string | undefined;
}

export const drillLabel = 'ops-drill';

/** Hidden in the body so that the next drill finds the issue. */
export function drillMarker(environment: string): string {
  return `<!-- ops-actions:drill:${environment.replaceAll(/[^\w:./-]/g, '')} -->`;
}

/** An audit asks for the past year; monthly drills of two years fit. */
const shownDrills = 24;

/** Title and body of the issue. Pure. */
export function renderDrill(report: DrillReport): { title: string; body: string } {
  const { environment, drills, keys, open, problems, remarks } = report;
  const ending = report.passed ? 'passed' : 'needs a person';
  const title = cleanText(`Recovery drill of ${environment}: ${ending}`, 200).replaceAll(/[@#]/g, ' ');
  const lines = [
    drillMarker(environment),
    `**${quoted(report.summary)}**`,
    '',
    ...section(
      'What is wrong',
      problems.map((text) => `- ${quoted(text)}`),
    ),
    ...section(
      'Worth knowing',
      remarks.map((text) => `- ${quoted(text)}`),
    ),
    ...section(
      'Keys that nobody has proven',
      open.length === 0
        ? []
        : [
            'Who holds the key opens its challenge and gives the word as `answers` to the next drill by hand:',
            ...open.flatMap(({ recipient, command }) => ['', quoted(recipient), '', codeBlock(command)]),
          ],
    ),
    ...section(
      'Keys',
      keys.length === 0
        ? []
        : [
            '| key | opened its challenge |',
            '| --- | --- |',
            ...keys.map(
              ({ recipient, openedAt }) =>
                `| ${quoted(recipient)} | ${openedAt === undefined ? 'never' : day(openedAt)} |`,
            ),
          ],
    ),
    ...section(
      'Drills',
      drills.length === 0
        ? []
        : [
            '| date | result | backup | time to recover | age of the data | app back | app rebuilt |',
            '| --- | --- | --- | --- | --- | --- | --- |',
            ...drills
              .slice(0, shownDrills)
              .map(
                (one) =>
                  `| ${day(one.at)} | ${quoted(one.passed ? 'passed' : one.reasonCode)} | ${quoted(one.backup)} | ${quoted(one.recoveryTime)} | ${quoted(one.dataAge)} | ${quoted(one.frontend)} | ${quoted(one.rebuild)} |`,
              ),
          ],
    ),
    ...(report.runUrl === undefined || !/^https?:\/\/[^\s<>()]+$/.test(report.runUrl)
      ? []
      : [`Run: <${report.runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`### ${title}`, '', ...lines, ''];
}

function day(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
