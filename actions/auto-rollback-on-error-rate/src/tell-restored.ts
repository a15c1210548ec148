import type { WatchOutcome } from '#observe/watch';
import type { ActionDecision } from './decide-action.ts';
import type { TakenBack } from './take-back.ts';

/** What the watch of a restored release saw. */
export interface RestoredWatch {
  outcome: WatchOutcome;
  decision: ActionDecision;
}

/**
 * The way back with what was seen of the release that it brought back (FRB-13): sick as well, the cause is another one, and nothing
 * is moved again (ARB-16). Pure.
 */
export function tellRestored(back: TakenBack, { outcome, decision }: RestoredWatch): TakenBack {
  const { verdict, reasonCode, requests, errors, buckets, startedAt, endedAt } = outcome;
  const restored = { verdict, reasonCode, requests, errors, buckets, startedAt, endedAt, decision: decision.decision };
  if (decision.decision === 'would-roll-back') {
    return {
      ...back,
      decision: 'rollback-failed',
      reasonCode: 'restored_release_sick',
      summary: `${back.summary} And what serves now is sick as well: ${decision.summary}. The cause is not the release that was taken back; nothing is moved again`,
      restored,
    };
  }
  return { ...back, summary: `${back.summary} Watched after it: ${decision.summary}`, restored };
}
