import { cleanText } from '#http/text';
import { codeBlock, quoted } from './issue-text.ts';

/** What the issue of a forward fix tells; all text is foreign and is escaped here. */
export interface ForwardFixFacts {
  environment: string;
  /** What it mends: one issue each (S6). */
  mends: string;
  /** One sentence. */
  what: string;
  failed?: { file: string; line?: number | undefined; sqlstate?: string | undefined; reasonCode: string } | undefined;
  /** With its literals as `$n`; the caller leaves it out where everybody can read the issue (S23, S29). */
  statement?: string | undefined;
  /** The migration that has to be written, and its branch. */
  path: string;
  branch: string;
  /** Why the branch could not be made. */
  noBranch?: string | undefined;
  /** How a person ends the block without the file. */
  withdraw: string;
  runUrl?: string | undefined;
}

export const forwardFixLabel = 'ops-forward-fix';

/** Hidden in the body so that the next run finds the issue. */
export function forwardFixMarker({ environment, mends }: Pick<ForwardFixFacts, 'environment' | 'mends'>): string {
  return `<!-- ops-actions:forward-fix:${`${environment}:${mends}`.replaceAll(/[^\w:./-]/g, '-')} -->`;
}

/** Title and body of the issue. Pure. */
export function renderForwardFix(facts: ForwardFixFacts): { title: string; body: string } {
  const { environment, failed, statement, path, branch, noBranch } = facts;
  const file = path.split('/').at(-1) ?? path;
  const title = cleanText(`Fix the database of ${environment} forward: ${file}`, 200).replaceAll(/[@#]/g, ' ');
  const place =
    failed === undefined
      ? []
      : [
          `Failed: ${quoted(failed.file)}${failed.line === undefined ? '' : `, line ${failed.line}`}, reason ${quoted(failed.reasonCode)}${failed.sqlstate === undefined ? '' : `, SQLSTATE ${quoted(failed.sqlstate)}`}.`,
          '',
        ];
  const lines = [
    forwardFixMarker(facts),
    `**${quoted(facts.what)}**`,
    '',
    `Migrations of ${quoted(environment)} are never taken back. Releases to it are refused until ${quoted(file)} is applied.`,
    '',
    ...place,
    ...(statement === undefined ? [] : [codeBlock([statement]), '']),
    '### Next',
    '',
    ...(noBranch === undefined
      ? [
          `1. Branch ${quoted(branch)} has ${quoted(path)}, empty. An empty file is refused: write the repair into it.`,
          codeBlock([`git fetch origin ${branch}`, `git switch ${branch}`]),
        ]
      : [
          `1. The branch could not be made (${quoted(noBranch)}). Write the repair into ${quoted(path)}:`,
          codeBlock([`git switch -c ${branch}`, `touch ${path}`]),
        ]),
    `2. A file that failed and was undone whole is still due, before this one: correct it in the same branch, or delete it.`,
    '3. Merge, and release or apply it as always. Applied, it ends the block by itself.',
    '',
    'Only where nothing has to be repaired any more, end the block by hand; the ledger keeps it:',
    '',
    codeBlock([facts.withdraw]),
    ...(facts.runUrl === undefined || !/^https?:\/\/[^\s<>()]+$/.test(facts.runUrl)
      ? []
      : ['', `Run: <${facts.runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}
