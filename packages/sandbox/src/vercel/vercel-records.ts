import type { Listener } from '../http/listener.ts';

export type ReadyState =
  | 'QUEUED'
  | 'INITIALIZING'
  | 'BUILDING'
  | 'READY'
  | 'ERROR'
  | 'CANCELED'
  | 'BLOCKED'
  | 'DELETED';

/** What Vercel records about the commit of a deployment that its Git integration made. */
export interface GitSource {
  type: 'github';
  repoId: number;
  org: string;
  repo: string;
  ref: string;
  sha: string;
  prId?: number;
}

export interface DeploymentRecord {
  id: string;
  name: string;
  /** `127.0.0.1:PORT`. */
  url: string;
  listener: Listener;
  projectId: string;
  target: 'production' | null;
  customEnvironment?: { id: string; slug: string };
  readyState: ReadyState;
  createdAt: number;
  buildingAt?: number;
  readyAt?: number;
  /** False for `--skip-domain`: production domains stay where they are. */
  autoAssign: boolean;
  aliasAssignedAt?: number;
  aliasError?: { code: string; message: string };
  /** Hosts that this deployment was ever given. */
  alias: string[];
  /** True once it carried production traffic; only such a deployment can be rolled back to (facts §3.3). */
  everProduction: boolean;
  /** When it last became production, to tell the previous one; 0 when never. */
  productionSince: number;
  deletedAt?: number;
  meta: Record<string, string>;
  gitSource?: GitSource;
  source: 'cli' | 'git' | 'redeploy';
  creator: { uid: string; username: string };
  errorCode?: string;
  errorMessage?: string;
  /** For BLOCKED: why Vercel refuses to build. */
  blockCode?: string;
  /** Values as they were when it was built (facts §3.3). */
  environment: Record<string, string>;
  /** The same while it is built. */
  buildEnvironment: Record<string, string>;
  /** Folder with its source files. */
  folder: string;
  /** Folder that is served, once built. */
  served?: ServedFolders;
  buildLog: { at: number; text: string; error: boolean }[];
}

export interface ServedFolders {
  /** Static files. */
  files: string;
  /** Parent of `api`; absent when there are no functions. */
  functions?: string;
  /** True when the static files are the app's own root, which holds more than what is public. */
  filesAreSource: boolean;
}

export interface DomainRecord {
  /** `127.0.0.1:PORT`. */
  name: string;
  listener: Listener;
  redirect?: string;
  gitBranch?: string;
  customEnvironmentId?: string;
  verified: boolean;
  createdAt: number;
}

export interface EnvironmentVariable {
  id: string;
  key: string;
  value: string;
  target: string[];
  type: 'plain' | 'encrypted' | 'sensitive' | 'system';
  createdAt: number;
}

export interface GitLink {
  type: 'github';
  org: string;
  repo: string;
  repoId: number;
  productionBranch: string;
}

export interface AliasRequest {
  type: 'promote' | 'rollback';
  jobStatus: 'pending' | 'in-progress' | 'succeeded' | 'failed' | 'skipped';
  fromDeploymentId: string | null;
  toDeploymentId: string;
  requestedAt: number;
}

export interface RollingRelease {
  state: 'ACTIVE' | 'COMPLETE' | 'ABORTED';
  currentDeploymentId: string | null;
  canaryDeploymentId: string;
  queuedDeploymentId: string | null;
  activeStage: number;
  startedAt: number;
  updatedAt: number;
}

export interface ProjectRecord {
  id: string;
  name: string;
  createdAt: number;
  autoAssignCustomDomains: boolean;
  /** Production answers 503. */
  paused?: boolean;
  rootDirectory: string | null;
  framework: string | null;
  link?: GitLink;
  ssoProtection: { deploymentType: string } | null;
  /** Secret → scope. */
  protectionBypass: Record<string, { scope: 'automation-bypass'; createdAt: number; createdBy: string }>;
  lastAliasRequest: AliasRequest | null;
  lastRollbackTarget: { toDeploymentId: string } | null;
  rollbackDescription?: { userId: string; username: string; description: string; createdAt: number };
  /** Stages in percent, the last one 100; `automaticMinutes`: Vercel advances them by itself. Null when rolling releases are off. */
  rollingReleaseConfig: { stages: number[]; automaticMinutes?: number } | null;
  rollingRelease: RollingRelease | null;
  productionDeploymentId?: string;
  customEnvironments: { id: string; slug: string; createdAt: number }[];
  domains: DomainRecord[];
  env: EnvironmentVariable[];
}

export interface AliasRecord {
  uid: string;
  alias: string;
  deploymentId: string;
  projectId: string;
  createdAt: number;
}

/** How the next build ends instead of READY. `never`: it stays BUILDING. */
export interface BuildOrder {
  end: 'READY' | 'ERROR' | 'CANCELED' | 'BLOCKED' | 'never';
  errorCode?: string;
  errorMessage?: string;
  delayMs?: number;
}
