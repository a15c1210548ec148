import type { EnvironmentSettings } from '#config/settings';
import type { PlatformBackups } from '#supabase/platform-backups';
import type { ProjectState } from '#vercel/project';
import type { TargetChoice } from './choose-rollback-target.ts';
import type { Finding, PreflightDecision } from './decide-preflight.ts';
import type { ReleasedBranch } from './decide-review.ts';
import type { Weakening, WeakerBackup } from './find-weakenings.ts';
import type { DatabaseInspection } from './inspect-database.ts';
import type { Lock } from './lock.ts';
import type { MigrationApproval } from './migration-approval.ts';
import type { ReleaseRecord } from './release-record.ts';

export interface PreflightRequest {
  settings: EnvironmentSettings;
  key: string;
  runId: number;
  commit: string;
  branch?: ReleasedBranch | undefined;
  treeSha?: string | undefined;
  version: string;
  workspace: string;
  vercelApiUrl: string;
  dryRun: boolean;
  resume: boolean;
  /** GitHub environment of the job that waits for the answer of mode approve. */
  rollbackEnvironment?: string | undefined;
  allowOlder?: string | undefined;
  /** The release is there to be taken back (DRD-04). */
  rehearsal?: boolean | undefined;
  bypassSecretGiven: boolean;
  databaseUrl?: string | undefined;
  /** Database of staging, whose history has to hold every file that is pending here. */
  stagingDatabaseUrl?: string | undefined;
  /** The address to use instead of it, where it cannot be reached from here. */
  resolveDatabase?: ((url: string) => Promise<string>) | undefined;
  /** Public keys that can open a backup, of age or OpenPGP. */
  recipients: readonly string[];
  throwAway: boolean;
  /** How the workflow file lets a backup be proven, where it is less than a fresh one that was restored. */
  weakerBackup?: WeakerBackup | undefined;
  /** The platform whose restore point stands for a backup; `backups` undefined: it cannot be reached. */
  platform?: { backups: PlatformBackups | undefined } | undefined;
  /** Who was asked about the migrations of this run, where `database.apply` is approve. */
  migrationApproval?: MigrationApproval | undefined;
  /** Missing secrets and the like, found while the inputs were read. */
  findings: readonly Finding[];
  signal?: AbortSignal | undefined;
}

export interface PreflightReport extends PreflightDecision {
  url: string;
  database: DatabaseInspection;
  target: TargetChoice;
  current?: { deploymentId: string; release?: ReleaseRecord | undefined } | undefined;
  state?: ProjectState | undefined;
  own?: ReleaseRecord | undefined;
  /** An earlier attempt of this run took the lock of a rollback: this one brings that to its end. */
  unfinishedRollback: boolean;
  releases: readonly ReleaseRecord[];
  /** Original value of auto-assign, also after an attempt that died behind its promotion. */
  autoAssign: boolean;
  firstDeployment: boolean;
  /** Rules that the workflow file relaxes (S11). */
  weakenings: readonly Weakening[];
  /** The newest locks, lifted and expired ones too. */
  locks: readonly Lock[];
  /** GitHub's clock; milliseconds. */
  now: number;
}
