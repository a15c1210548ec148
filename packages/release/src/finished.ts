import type { ReleaseDecision } from './decide-release-outcome.ts';
import { isUndoOpen } from './describe-files-behind.ts';
import type { Closing } from './finish-release.ts';
import type { LedgerFact } from './release-record.ts';
import type { FunctionsBack } from './take-functions-back.ts';

/** A release, or a rollback by hand, that died and that reconcile brought to its end. Times in milliseconds. */
export interface Finished {
  /** Release key of the dead run: its message and its incident are found by it (S6). */
  key: string;
  environment: string;
  production: boolean;
  version: string;
  commit?: string | undefined;
  decision: ReleaseDecision;
  reasonCode: string;
  /** What happened, one sentence or two. */
  what: string;
  closing: Closing;
  functions?: FunctionsBack | undefined;
  /** What is left of a backend that is not on Vercel: its commands run only where the app is checked out. One sentence. */
  backendLeft?: string | undefined;
  /** What can still be gone back to. */
  rollbackTarget?: { deploymentId: string; version?: string | undefined } | undefined;
  openedAt: number;
  runId: number;
  slack?: { channel: string; ts: string } | undefined;
  facts: readonly LedgerFact[];
}

/** Reason of a release that nobody mended within the time that was given for it (ARB-07). */
export const fixForwardOver = 'fix_forward_over';

/** Reason of a rollback that GitHub did not see, and whose record was completed from what Vercel says about it. */
export const importedRollback = 'imported';

/** True where production was taken back or is not proven, or functions or database do not match the app: people have to look. Pure. */
export function needsIncident({ decision, reasonCode, functions, backendLeft, facts }: Finished): boolean {
  return (
    decision === 'rolled-back' ||
    decision === 'rollback-failed' ||
    reasonCode === 'unwatched' ||
    reasonCode === fixForwardOver ||
    backendLeft !== undefined ||
    functions?.outcome === 'failed' ||
    isUndoOpen(facts)
  );
}

/** True where a person has to act now. Pure. */
export function isAlarming({ decision, reasonCode, functions, backendLeft, facts }: Finished): boolean {
  const left = reasonCode === 'unwatched' || (reasonCode === fixForwardOver && decision === 'would-roll-back');
  const mixed = backendLeft !== undefined || functions?.outcome === 'failed' || isUndoOpen(facts);
  return decision === 'rollback-failed' || left || mixed;
}

/** Adds what became of the functions to what happened. Pure. */
export function withFunctionsSaid(what: string, functions: FunctionsBack | undefined): string {
  if (functions === undefined || functions.outcome === 'not-needed') return what;
  return `${what.replace(/\.$/, '')}. Functions: ${functions.message}.`;
}
