import type { LedgerFact } from './release-record.ts';

/** How people answered in a run before they were asked: what is more than this is the answer. */
export interface AnswersBefore {
  approved: number;
  rejected: number;
}

/** A question to the reviewers of a release whose verdict is that it should go back. */
export interface Asked {
  /** Milliseconds since the epoch: after that the fallback acts. */
  until: number;
  /** `auto`: rolled back; `notify`: left to people. */
  fallback: 'auto' | 'notify';
  before: AnswersBefore;
  /** GitHub environment whose reviewers are asked; absent where the record does not tell. */
  environment?: string | undefined;
}

const form = /^until (\d+) then (auto|notify), answers (\d+)\/(\d+)(?: in (.+))?$/;

/** What a status leaves; a name that is cut would be another one. */
const longestEnvironment = 60;

/** The text of the fact `ops:approval:intent:asked`. */
export function formatAsked({ until, fallback, before, environment = '' }: Asked): string {
  const place = environment === '' || environment.length > longestEnvironment ? '' : ` in ${environment}`;
  return `until ${Math.round(until / 1000)} then ${fallback}, answers ${before.approved}/${before.rejected}${place}`;
}

/** Undefined for a text that is none of ours. */
export function parseAsked(text: string): Asked | undefined {
  const [, until, fallback, approved, rejected, environment] = form.exec(text) ?? [];
  if (until === undefined) return undefined;
  return {
    until: Number(until) * 1000,
    fallback: fallback === 'notify' ? 'notify' : 'auto',
    before: { approved: Number(approved), rejected: Number(rejected) },
    ...(environment === undefined ? {} : { environment }),
  };
}

/** The question that is open: asked by the newest attempt of the run, and not answered. Pure. */
export function openQuestion(facts: readonly LedgerFact[]): Asked | undefined {
  const last = ofNewestAttempt(facts).at(-1);
  return last?.kind === 'intent' && last.word === 'asked' ? parseAsked(last.text) : undefined;
}

/** How the question of the newest attempt was closed in the record; undefined while it is open or where none was asked. Pure. */
export function closedQuestion(
  facts: readonly LedgerFact[],
): { word: 'approved' | 'declined' | 'unanswered'; asked: Asked | undefined } | undefined {
  const approvals = ofNewestAttempt(facts);
  const last = approvals.at(-1);
  const word = (['approved', 'declined', 'unanswered'] as const).find((each) => each === last?.word);
  if (last?.kind !== 'outcome' || word === undefined) return undefined;
  const question = approvals.findLast(({ kind }) => kind === 'intent');
  return { word, asked: question && parseAsked(question.text) };
}

/** A further attempt of the run asks anew. */
function ofNewestAttempt(facts: readonly LedgerFact[]): LedgerFact[] {
  const opened = facts.findLastIndex(({ step, kind }) => step === 'release' && kind === 'intent');
  return facts.slice(opened + 1).filter(({ step }) => step === 'approval');
}

/** An answer that GitHub's review history of the run holds. */
export interface Answer {
  word: 'approved' | 'rejected';
  by: string;
  comment: string;
}

/**
 * What was answered since the question, from the review history of the run: it has no times and keeps answers of earlier attempts,
 * so they are counted. A rejection wins where both are new: nobody may be overruled by a race. Pure.
 */
export function findAnswer(
  approvals: readonly { state: string; user: string; comment: string; environments: readonly string[] }[],
  environment: string,
  before: AnswersBefore,
): Answer | undefined {
  for (const word of ['rejected', 'approved'] as const) {
    const said = approvals.filter(
      ({ state, environments }) => state === word && environments.some(isSame(environment)),
    );
    const [newest] = said.length > before[word] ? said.slice(-1) : [];
    if (newest !== undefined) return { word, by: newest.user, comment: newest.comment };
  }
  return undefined;
}

/** How often each answer was given. Pure. */
export function countAnswers(
  approvals: readonly { state: string; environments: readonly string[] }[],
  environment: string,
): AnswersBefore {
  const count = (word: string) =>
    approvals.filter(({ state, environments }) => state === word && environments.some(isSame(environment))).length;
  return { approved: count('approved'), rejected: count('rejected') };
}

/** GitHub's environment names are not case-sensitive; the history shows the name as it was first written. */
function isSame(environment: string): (name: string) => boolean {
  return (name) => name.toLowerCase() === environment.toLowerCase();
}
