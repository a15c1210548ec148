import type { Clock } from '#http/clock';
import type { RollingReleases } from './rolling-release.ts';

/** How to reach one project. Team and project may be ids or names; ids are what the docs of Vercel ask for (facts §3.9). */
export interface VercelConnection {
  apiUrl: string;
  token: string;
  /** Team id (`team_…`) or slug; absent for a personal account. */
  team?: string;
  /** Project id (`prj_…`) or name. */
  project: string;
  /** How the environment exists on Vercel. Anything but `production` can never promote or roll back. Default `production`. */
  as?: 'production' | 'custom-environment' | 'alias';
  /** Per attempt, in milliseconds; default 10 s. */
  deadlineMs?: number;
  /** Milliseconds for which calls outlast an outage of the API; see HttpClientOptions. */
  patienceMs?: number;
  signal?: AbortSignal;
  log?: (line: string) => void;
  clock?: Clock;
}

type AliasJobStatus = 'pending' | 'in-progress' | 'succeeded' | 'failed' | 'skipped';

/** The project's last move of its production domains, whoever asked for it (trap 16). */
export interface LastAliasRequest {
  type: 'promote' | 'rollback';
  jobStatus: AliasJobStatus;
  fromDeploymentId?: string;
  toDeploymentId: string;
  /** Milliseconds since the epoch, by the clock of Vercel. */
  requestedAt: number;
}

/** What the project looks like right now; read again before every decision. */
export interface ProjectState {
  id: string;
  name: string;
  accountId: string;
  /** Hosts of production, without redirects, branch domains and unverified ones. */
  productionDomains: string[];
  /** Undefined when the field is missing: callers fail closed (trap 2). */
  autoAssign: boolean | undefined;
  gitLink?: { type: string; repository: string; repositoryId?: number; productionBranch: string };
  protection?: { deploymentType: string; bypassConfigured: boolean };
  currentDeploymentId?: string;
  lastAliasRequest?: LastAliasRequest;
  /** Production is held on an earlier deployment by a rollback; a promotion would lift that (trap 2). */
  pinnedRollback?: {
    deploymentId: string;
    /** What production served before. */
    from?: string;
    description?: string;
    by?: string;
    at?: number;
    /** Of a group only: what further apps are held on, by name. */
    apps?: Record<string, string>;
  };
  /** Of a group only: each project alone, the first one first. */
  members?: { app: string; state: ProjectState }[];
  rootDirectory?: string;
  framework?: string;
  rollingRelease: boolean;
  plan?: string;
  /** Time of Vercel when it answered, from the Date header; milliseconds, whole seconds. */
  serverTime?: number;
}

export interface VercelDeployment {
  id: string;
  /** Host without scheme; see addressOf. */
  url: string;
  readyState: string;
  readySubstate?: string;
  /** `production`, `preview`, the slug of a custom environment, or null (a preview, too). */
  target: string | null;
  projectId: string;
  createdAt: number;
  aliases: string[];
  aliasAssigned?: boolean;
  aliasError?: string;
  isRollbackCandidate?: boolean;
  /** Written by whoever created the deployment: a claim, never a proof (S17). */
  meta: Record<string, string>;
  /** Vercel's own record of what it built from; absent in lists and for uploaded files. */
  gitSource?: {
    type: string;
    repositoryId?: number;
    repository?: string;
    sha?: string;
    ref?: string;
    pullRequest?: number;
    fork?: boolean;
  };
  creator?: string;
  /** Names of the variables it was built with; absent in lists. */
  variables?: string[];
  /** Absent in lists, and where Vercel does not say. */
  crons?: { path: string; schedule: string }[];
  /** How it came to be, by Vercel: `git`, `cli`, `import` … */
  source?: string;
  /** Why Vercel refuses to build, for BLOCKED. */
  blockCode?: string;
  errorCode?: string;
  errorMessage?: string;
  /** Of a group only: the deployments of the other apps that go together with it. */
  apps?: GoesWith[];
}

/** What one further app of a group serves where the first one serves a deployment. */
export interface GoesWith {
  name: string;
  /** Absent where nobody knows. */
  deploymentId?: string;
  /** How old its code is; absent where it is of the same release, or where the app serves it already and so bears the database. */
  built?: Pick<VercelDeployment, 'createdAt' | 'meta'>;
  /** Why it cannot be served (again), for people; absent where it can. */
  problem?: string;
}

export interface DeploymentFilter {
  target?: string;
  sha?: string;
  /** How many at most; pages are followed. Default 20. */
  limit?: number;
  /** Only deployments created before this time (milliseconds). */
  until?: number;
  rollbackCandidate?: boolean;
  state?: string;
}

export interface MoveOptions {
  /** Default 180_000. */
  deadlineMs?: number;
  /** Default 250. */
  pollMs?: number;
  /** How long one request may stay unanswered before the project is looked at. Default 10_000. */
  answerMs?: number;
  /** Called before the request is sent a second time, e.g. to read the lock again; what it throws ends the move. */
  beforeRepeat?: () => Promise<void>;
  /** Of a group only: deployments of the other apps by name, as they were recorded; what is missing is found by the release. */
  apps?: Readonly<Record<string, string>>;
  /** Of a group only: a promotion that is a way back; no project waits for another. */
  together?: boolean;
}

/** How the move of one project of a group ended. */
export interface MovedApp extends Pick<MoveOutcome, 'outcome' | 'reasonCode' | 'message' | 'requests'> {
  /** Name of the app; the first one goes by the name of its project. */
  app: string;
  deploymentId: string;
}

export interface MoveOutcome {
  /**
   * `queued`: Vercel has it, but another rolling release decides when. `rolling`: a share of the visitors gets it, the domains have
   * not moved.
   */
  outcome: 'moved' | 'already-current' | 'queued' | 'rolling' | 'failed';
  reasonCode: string;
  message: string;
  /** When Vercel took the request, else when this call began; milliseconds. */
  requestedAt: number;
  /** When every production domain was seen on the target. */
  settledAt?: number;
  /** Requests that Vercel accepted: 0 or 1 for each project. */
  requests: number;
  /** Of a group only: each project that was reached, the first one first. */
  apps?: MovedApp[];
}

/** Further projects that are released and rolled back together with one. */
export interface ProjectGroup {
  lead: VercelProject;
  others: readonly { name: string; project: VercelProject }[];
  /** Deployments of the other apps by name that go together with one of the lead. @throws VercelError `apps_unknown`. */
  goingWith(deploymentId: string): Promise<Record<string, string>>;
}

/** One project of Vercel. Every method throws VercelError for what Vercel refuses, and the abort reason when aborted. */
export interface VercelProject {
  id: string;
  name: string;
  accountId: string;
  teamId?: string;
  rolling: RollingReleases;
  /** Present where this stands for several projects; its deployments are named by those of the first one. */
  group?: ProjectGroup;
  readState(): Promise<ProjectState>;
  deployment(idOrUrl: string, signal?: AbortSignal): Promise<VercelDeployment | undefined>;
  /** Newest first. */
  deployments(filter: DeploymentFilter): Promise<VercelDeployment[]>;
  /** Deployment behind a host; undefined when nothing of ours is. */
  servedBy(host: string, signal?: AbortSignal): Promise<string | undefined>;
  promote(deploymentId: string, options: MoveOptions): Promise<MoveOutcome>;
  rollBack(deploymentId: string, options: MoveOptions & { description?: string }): Promise<MoveOutcome>;
  assignAlias(deploymentId: string, host: string): Promise<void>;
  /** Hosts that point at a deployment now. */
  aliasesOf(deploymentId: string): Promise<string[]>;
  setAutoAssign(value: boolean): Promise<void>;
  /** Deletes a deployment for good; one that is gone already is no mistake. */
  remove(deploymentId: string): Promise<void>;
  /** Blocks production, which then answers 503, and switches auto-assign of production domains off. */
  pause(): Promise<void>;
  /** Shows production again, and switches that auto-assign on. */
  unpause(): Promise<void>;
  cancel(deploymentId: string): Promise<void>;
  environmentNames(target: string): Promise<string[]>;
  /** Names of the variables of this target that were added or changed after `since` (milliseconds); never values. */
  variablesChangedSince(target: string, since: number): Promise<string[]>;
  /** The last lines of the build log, cleaned and bounded; empty when Vercel has none. */
  buildLog(deploymentId: string, lines?: number): Promise<string[]>;
  /** POST with this body to one of Vercel's two query endpoints; see queryObservability, which knows what the body must be. */
  queryObservability(body: object, path: '/v2/observability/query' | '/metrics/v1'): Promise<unknown>;
}
