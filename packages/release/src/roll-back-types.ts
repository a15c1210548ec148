import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { MovedApp, VercelProject } from '#vercel/project';
import type { EnvironmentPlace } from './move-domains.ts';
import type { RollbackTarget } from './release-handle.ts';

export interface RollBackDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
}

export interface RollBackRequest extends EnvironmentPlace {
  environment: string;
  production: boolean;
  /** Key of the run that takes the lock. */
  key: string;
  runId: number;
  runUrl?: string | undefined;
  /** A commit that GitHub knows, for the lock. */
  commit: string;
  /** Entry of the release that is taken back; 0 when it has none. */
  ledgerId: number;
  from?: string | undefined;
  target: RollbackTarget;
  reason: string;
  /** Who asks for it, where a person does. */
  operator?: string | undefined;
  /** True when an earlier attempt of this run took the lock: where the domains are back already, it moved them. */
  finishing?: boolean;
  /** True when a release takes itself back: the lock of somebody else then ends it as superseded. */
  automatic: boolean;
  /**
   * The next proven target where the given one was deleted or became ineligible meanwhile, none of `passed`; left out where
   * a person named the target: then nothing else is taken.
   */
  nextTarget?: ((passed: readonly string[]) => Promise<RollbackTarget | undefined>) | undefined;
  /** What else could be named, one sentence, for a person whose target is gone. */
  alternatives?: string | undefined;
  /** Original value of the project's auto-assign, restored at unlock. */
  autoAssign?: boolean | undefined;
  lockExpiryMs: number;
  /** Promote the target where the plan refuses rollbacks (402), FRB-04; false only where the configuration forbids it. */
  promoteInstead: boolean;
  /**
   * What goes back beside the domains once the lock stands; neither waits for the other, and it never throws (S2). Called
   * again where another target had to be taken.
   */
  beside?: ((target: RollbackTarget) => Promise<void>) | undefined;
  /** Tells people as the swap starts, not where it is finished; nothing waits for it before the domains are back, and it never throws (S2). */
  announce?: ((target: RollbackTarget, from: string | undefined) => Promise<Announced | undefined>) | undefined;
}

/** A message that went out as the swap started. */
export interface Announced {
  /** Milliseconds since the epoch. */
  at: number;
  /** Where a later message finds it; absent where a webhook delivered it. */
  place?: { channel: string; ts: string } | undefined;
}

/** A target that could not be taken any more. */
export interface PassedOver {
  deploymentId: string;
  version?: string | undefined;
  reasonCode: string;
  message: string;
}

/** Times in milliseconds since the epoch. */
export interface RollBackOutcome {
  decision: 'rolled-back' | 'already-current' | 'superseded' | 'failed';
  reasonCode: string;
  message: string;
  from?: string;
  to: string;
  /** What `to` is; not what was asked for where that could not be taken any more. */
  target: RollbackTarget;
  /** Targets that were tried before it, oldest first. */
  passedOver: PassedOver[];
  lockId?: number;
  /** Said last where neither a lock nor a note on Vercel tells of it, with the command that locks. */
  unrecorded?: string;
  /** Said where the lock or the ledger could not be written, and where another target was taken. */
  warnings: string[];
  startedAt: number;
  lockedAt?: number;
  swappedAt?: number;
  /** Absent where nobody is told, or where the message had not arrived yet. */
  announced?: Announced | undefined;
  /** Rollback or promote requests that Vercel accepted. */
  requests: number;
  /** Of a group: what became of each project. */
  apps?: MovedApp[];
}
