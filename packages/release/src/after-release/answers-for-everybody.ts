import type { WindowVerdict } from './after-release-record.ts';
import { kindOf, type PlannedWindow } from './plan-windows.ts';

/** Kinds whose values are sentences of ours about numbers: no host, no text of a vendor and nothing of a database is in them. */
const ownWords = new Set(['rule', 'traffic', 'metrics', 'backups', 'recovery']);

const words: Readonly<Record<WindowVerdict | 'needs-confirmation', string>> = {
  pass: 'it holds',
  fail: 'it does not hold: the run that looked says why',
  open: 'not so yet: the run that looked says why',
  'could-not-run': 'it could not be looked at: the run says why',
  'needs-confirmation': 'no source decides it',
};

/**
 * Answers as everybody may read them, in the issues of a public repository: their verdicts, and their values only where these are
 * our own words (S23); why something could not be asked is a vendor's answer with its address. Pure.
 */
export function answersForEverybody<
  Answer extends { window: string; require: string; verdict: keyof typeof words; value: string },
>(planned: readonly PlannedWindow[], answers: readonly Answer[]): Answer[] {
  return answers.map((answer) => {
    const { verdict } = answer;
    const measured = verdict !== 'could-not-run' && verdict !== 'needs-confirmation';
    const mayBeRead = measured && ownWords.has(kindOf(planned, answer) ?? '');
    return mayBeRead ? answer : { ...answer, value: words[verdict] };
  });
}
