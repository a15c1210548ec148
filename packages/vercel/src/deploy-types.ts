import type { VercelConnection, VercelDeployment } from './vercel-types.ts';

export interface DeployRequest {
  connection: VercelConnection;
  /** Root of the repository, absolute; uploads start here and the project's Root Directory decides what is built. */
  directory: string;
  /** Folder of the app below `directory`, as the consumer names it. */
  workingDirectory?: string;
  build: 'remote' | 'prebuilt' | 'adopt';
  /** Only with `adopt`: exactly this one, if it fits; nothing is waited for. */
  deploymentId?: string;
  as: 'production' | 'custom-environment' | 'alias';
  customEnvironment?: string;
  /** False lets Vercel assign production domains at once. */
  staged: boolean;
  meta: Record<string, string>;
  git: {
    sha: string;
    /** Branch or tag name, without `refs/…/`. */
    ref: string;
    repository: string;
    repositoryId?: number;
    message?: string;
    author?: string;
    remoteUrl?: string;
  };
  /**
   * Variables of this one deployment, over those of the project, for its build and its functions. Only for an alias: what is
   * promoted keeps its variables, so production would run with them.
   */
  environment?: Record<string, string>;
  deadlineMs: number;
  /** Release key (S6); what carries it already is adopted instead of created again. */
  releaseKey: string;
}

export interface DeployOutcome {
  outcome: 'ready' | 'failed' | 'blocked' | 'timed-out' | 'cancelled';
  reasonCode: string;
  message: string;
  deployment?: VercelDeployment;
  /** True when it was there before this call: adopted by `build: adopt`, or created by an earlier attempt of this release. */
  adopted: boolean;
  /** True for a project's very first deployment: Vercel makes it live at once (facts §3.6). */
  live?: boolean;
}
