import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import type { RollbackFacts } from './decide-rollback-needed.ts';
import type { ReleaseHandle, RollbackTarget } from './release-handle.ts';
import type { Announced, RollBackOutcome, RollBackRequest } from './roll-back.ts';

export interface TakeBackDependencies {
  github: GitHub;
  project: VercelProject;
  clock: Clock;
  log: (line: string) => void;
}

export interface TakeBackRequest {
  handle: ReleaseHandle;
  deploymentId: string;
  /** Outcomes of the steps before; what Vercel and GitHub add is read here. */
  outcomes: Omit<RollbackFacts, 'serving' | 'foreignLock' | 'hasTarget' | 'hasRelease' | 'mode'>;
  /** Where the next proven target is looked for when the recorded one is gone. */
  settings: EnvironmentSettings;
  lockExpiryMs: number;
  promoteInstead: boolean;
  /** As in RollBackRequest. */
  beside?: RollBackRequest['beside'];
  /** As in RollBackRequest, with the reason. */
  announce?: ((target: RollbackTarget, reason: string) => Promise<Announced | undefined>) | undefined;
}

export type TakeBackOutcome =
  | { act: 'not-needed'; reasonCode: string; message: string; warnings: string[] }
  | { act: 'hold'; reasonCode: string; message: string; lockId?: number; warnings: string[] }
  | { act: 'roll-back'; reasonCode: string; reason: string; rollback: RollBackOutcome };
