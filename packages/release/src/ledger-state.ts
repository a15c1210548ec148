import type { ReleaseDecision } from './decide-release-outcome.ts';
import type { LedgerState } from './ledger.ts';

const states: Record<ReleaseDecision, LedgerState> = {
  released: 'success',
  held: 'success',
  'already-current': 'success',
  // It is live, and nothing says yet that it is good.
  'watch-continues': 'in_progress',
  staged: 'in_progress',
  planned: 'inactive',
  superseded: 'inactive',
  cancelled: 'inactive',
  refused: 'failure',
  failed: 'failure',
  'rolled-back': 'failure',
  'would-roll-back': 'failure',
  asked: 'in_progress',
  'rollback-failed': 'error',
};

/** How GitHub shows the entry of a release that ended so; one without an end is still going on. Pure. */
export function stateOfDecision(decision: string | undefined): LedgerState {
  return states[decision as ReleaseDecision] ?? 'in_progress';
}
