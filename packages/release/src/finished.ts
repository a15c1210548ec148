import type { ReleaseDecision } from './decide-release-outcome.ts';
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
  /** What can still be gone back to. */
  rollbackTarget?: { deploymentId: string; version?: string | undefined } | undefined;
  openedAt: number;
  runId: number;
  slack?: { channel: string; ts: string } | undefined;
  facts: readonly LedgerFact[];
}

/** True where production was taken back or is not proven, or functions do not match the app: people have to look. Pure. */
export function needsIncident({ decision, reasonCode, functions }: Finished): boolean {
  return (
    decision === 'rolled-back' ||
    decision === 'rollback-failed' ||
    reasonCode === 'unwatched' ||
    functions?.outcome === 'failed'
  );
}

/** True where a person has to act now. Pure. */
export function isAlarming({ decision, reasonCode, functions }: Finished): boolean {
  return decision === 'rollback-failed' || reasonCode === 'unwatched' || functions?.outcome === 'failed';
}

/** Adds what became of the functions to what happened. Pure. */
export function withFunctionsSaid(what: string, functions: FunctionsBack | undefined): string {
  if (functions === undefined || functions.outcome === 'not-needed') return what;
  return `${what.replace(/\.$/, '')}. Functions: ${functions.message}.`;
}
