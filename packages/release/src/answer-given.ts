import { closedQuestion } from './asked.ts';
import type { LedgerFact } from './release-record.ts';

/** What became of the question whether a release goes back. */
export interface AnswerGiven {
  word: 'approved' | 'declined' | 'unanswered';
  /** The release stays as it is. */
  leaves: boolean;
  /** For people: who said what. */
  said: string;
}

/**
 * The answer that the job of the release recorded before it died: the record names nobody (S5). What a reviewer decided is not
 * decided again by a lost runner. Pure.
 */
export function answerInRecord(facts: readonly LedgerFact[]): AnswerGiven | undefined {
  const closed = closedQuestion(facts);
  if (closed === undefined) return undefined;
  const { word, asked } = closed;
  switch (word) {
    case 'approved':
      return { word, leaves: false, said: 'the rollback was approved' };
    case 'declined':
      return { word, leaves: true, said: 'the rollback was declined' };
    default:
      return asked?.fallback === 'notify'
        ? { word, leaves: true, said: 'nobody answered in time, and approve-fallback is notify' }
        : { word, leaves: false, said: 'nobody answered in time' };
  }
}
