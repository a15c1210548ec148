import { cleanText } from '#http/text';
import { quoted } from './issue-text.ts';

/** What the deployment issue tells; all text is foreign and is escaped here. Times in milliseconds. */
export interface SignOffFacts {
  /** Release key: one issue each (S6). */
  key: string;
  environment: string;
  version: string;
  commit: string;
  promotedAt: number;
  /** `open`, `complete`, `superseded`, `unfinished`. */
  state: string;
  /** Why it is over, where it is without being complete. */
  why?: string | undefined;
  items: readonly {
    name: string;
    verdict: string;
    value: string;
    at?: number | undefined;
    by?: string | undefined;
    confirm?: string | undefined;
  }[];
  windows: readonly {
    name: string;
    from: number;
    until: number;
    verdict: string;
    checks: readonly { require: string; verdict: string; value: string; by?: string | undefined }[];
  }[];
  /** Names that wait for a person. */
  waiting: readonly string[];
  refused: readonly { name: string; by: string; why: string }[];
  /** Who may confirm, in words. */
  allowed: string;
  runUrl?: string | undefined;
}

export const signOffLabel = 'ops-deployment';

/** Hidden in the body so that the next run finds the issue. */
export function signOffMarker(key: string): string {
  return `<!-- ops-actions:sign-off:${key.replaceAll(/[^\w:./-]/g, '')} -->`;
}

/** Title and body of the issue. Pure. */
export function renderSignOff(facts: SignOffFacts): { title: string; body: string } {
  const { version, environment, state, items, windows, waiting, refused } = facts;
  const title = cleanText(`Deploy ${version} to ${environment}: ${state}`, 200).replaceAll(/[@#]/g, ' ');
  const done = items.filter(({ verdict }) => verdict === 'pass').length;
  const lines = [
    signOffMarker(facts.key),
    `${quoted(version)} is live in ${quoted(environment)} since ${clock(facts.promotedAt)}. **${done} of ${items.length}** items are signed off.`,
    ...(facts.why === undefined ? [] : [`It is over: ${quoted(facts.why)}.`]),
    '',
    '### Sign-off',
    '',
    ...items.map(({ name, verdict, value, at, by }) => {
      const when = verdict !== 'pass' || at === undefined ? '' : ` (${clock(at)})`;
      const who = by === undefined ? '' : ` by ${quoted(by)}`;
      return `- [${verdict === 'pass' ? 'x' : ' '}] ${mark(verdict)}${quoted(name)}: ${quoted(value)}${who}${when}`;
    }),
    '',
    ...(waiting.length === 0 || state !== 'open'
      ? []
      : [
          '### Waits for people',
          '',
          `Write a new comment with a line of its own for each; ${facts.allowed}. Edited comments do not count.`,
          '',
          ...waiting.map((name) => `- ${quoted(`confirm ${name}`)}`),
          '',
        ]),
    ...(refused.length === 0
      ? []
      : [
          '### Not counted',
          '',
          ...refused.map(({ name, by, why }) => `- ${quoted(name)} by ${quoted(by)}: ${quoted(why)}`),
          '',
        ]),
    '### Windows',
    '',
    '| window | from | until | requirement | verdict | |',
    '| --- | --- | --- | --- | --- | --- |',
    ...windows.flatMap(({ name, from, until, verdict, checks }) =>
      checks.map(
        (check, index) =>
          `| ${index === 0 ? `${quoted(name)}: **${verdict}**` : ''} | ${index === 0 ? clock(from) : ''} | ${index === 0 ? clock(until) : ''} | ${quoted(check.require)} | ${check.verdict} | ${quoted(check.value)}${check.by === undefined ? '' : ` by ${quoted(check.by)}`} |`,
      ),
    ),
    '',
    `Commit: ${quoted(facts.commit)}`,
    ...(facts.runUrl === undefined || !/^https?:\/\/[^\s<>()]+$/.test(facts.runUrl) ? [] : [`Run: <${facts.runUrl}>`]),
  ];
  return { title, body: lines.join('\n') };
}

/** The comment that reminds people before a window ends. Pure. */
export function renderReminder(window: string, until: number, names: readonly string[]): string {
  return [
    `Window ${quoted(window)} ends at ${clock(until)} and waits for people:`,
    '',
    ...names.map((name) => `- ${quoted(`confirm ${name}`)}`),
  ].join('\n');
}

function mark(verdict: string): string {
  return verdict === 'fail' ? '**failed** ' : verdict === 'could-not-run' ? '**could not be measured** ' : '';
}

function clock(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
