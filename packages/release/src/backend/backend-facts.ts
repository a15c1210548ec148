import type { LedgerFact } from '../release-record.ts';

/** Step of the facts of a backend that is not on Vercel; its commands are not idempotent, so intent and outcome are both kept. */
export const backendStep = 'backend';

/** What the record of one release says about the backend. */
export type BackendState =
  /** Its deploy command was never started. */
  | 'untouched'
  /** It was started, and nobody knows how it ended. */
  | 'unknown'
  | 'deployed'
  /** It ended, and not well: the backend may be half new. */
  | 'failed'
  /** It was taken back since. */
  | 'back';

/** From the facts of one release, oldest first. Pure. */
export function backendState(facts: readonly LedgerFact[]): BackendState {
  const own = facts.filter(({ step }) => step === backendStep);
  const started = own.findLastIndex(({ kind, word }) => kind === 'intent' && word === 'deploy');
  if (started === -1) return 'untouched';
  const ended = own.slice(started + 1).findLast(({ kind }) => kind === 'outcome')?.word;
  switch (ended) {
    case undefined:
      return 'unknown';
    case 'rolled-back':
      return 'back';
    // What a failed way back left is what has to go back still.
    case 'deployed':
    case 'rollback-failed':
      return 'deployed';
    default:
      return 'failed';
  }
}

/** What a backend that is `back` runs since, as the fact names it. Pure. */
export function backendWentTo(facts: readonly LedgerFact[]): string | undefined {
  return facts.findLast(({ step, kind, word }) => step === backendStep && kind === 'outcome' && word === 'rolled-back')
    ?.text;
}

/** True where something of this release may still run. Pure. */
export function mayRunStill(state: BackendState): boolean {
  return state !== 'untouched' && state !== 'back';
}
