import type { EdgeRequest } from './edge/edge-log.ts';
import type { Faults } from './faults.ts';
import type { GitHubAccess } from './github/github-checks.ts';
import type { GitHubPeople } from './github/github-people.ts';
import type { GitHubPulls } from './github/github-pulls.ts';
import type { MonitoringAccess, MonitoringDescription } from './monitoring/start-monitoring.ts';
import type { LoggedRequest } from './request-log.ts';
import type { SupabaseAccess } from './supabase/start-supabase.ts';
import type { VercelAccess } from './vercel/vercel-access.ts';
import type { GitLink } from './vercel/vercel-records.ts';
import type { VercelBehaviour } from './vercel/vercel-state.ts';

export interface SandboxOptions {
  log?: (line: string) => void;
  /** Repository that stands for the one on GitHub: compare, commits, trees, contents and Git deployments come from it. */
  gitDirectory?: string;
  /** `owner/name`; default `acme/notes-app`. */
  repository?: string;
  vercel?: Partial<VercelBehaviour> & {
    /** Default: the repository's name. */
    projectName?: string;
    /** Default true, as at Vercel. */
    autoAssign?: boolean;
    /** Deployment type of Vercel Authentication; default none. */
    protection?: string;
    /** Link of the project to its repository; `true`: to `repository`, production branch main. Default none. */
    gitLink?: GitLink | true;
    rootDirectory?: string;
    /** Production domains; default 1. */
    domains?: number;
    /** Environment variables of production and preview; `DATABASE_URL` is the sandbox's PostgreSQL where none is given. */
    environment?: Record<string, string>;
  };
  /** False starts no PostgreSQL; `postgres.url` is then empty. Default true. */
  postgres?: boolean;
  /** How far GitHub's clock is from ours, in milliseconds. */
  githubClockOffsetMs?: number;
  /** What time it is for GitHub and the monitoring services, in milliseconds; default this machine's. */
  now?: () => number;
}

/** The one line of JSON that `ops-actions sandbox` prints. */
export interface SandboxDescription extends MonitoringDescription {
  vercel: {
    apiUrl: string;
    token: string;
    teamId: string;
    projectId: string;
    projectName: string;
    /** Production domains with scheme. */
    domains: string[];
  };
  postgres: { url: string };
  slack: { apiUrl: string; token: string; channelId: string; webhookUrl: string };
  github: { apiUrl: string; token: string; repository: string };
  /** The artifact service as a job sees it: ACTIONS_RESULTS_URL and ACTIONS_RUNTIME_TOKEN. */
  artifacts: { resultsUrl: string; runtimeToken: string };
  /** Where faults are ordered and requests are read: POST /_sandbox/faults, GET /_sandbox/requests. */
  control: { url: string };
  /** The Management API of one project; its functions answer below the same address at /functions/v1. */
  supabase: { apiUrl: string; token: string; project: string; anonKey: string };
}

export interface Sandbox {
  description: SandboxDescription;
  artifacts: SandboxDescription['artifacts'];
  /** ACTIONS_RUNTIME_TOKEN for a run of its own: artifacts of two runs do not meet. */
  runtimeToken(run: string): string;
  /** GitHub's id of the repository. */
  repositoryId: number;
  faults: Faults;
  requests(): LoggedRequest[];
  edgeRequests(): EdgeRequest[];
  vercel: VercelAccess;
  /** Undefined without `gitDirectory`. */
  github: (GitHubAccess & GitHubPeople & GitHubPulls) | undefined;
  supabase: SupabaseAccess;
  monitoring: MonitoringAccess;
  /** Ends everything and removes every file. Safe to call twice. */
  close(): Promise<void>;
}
