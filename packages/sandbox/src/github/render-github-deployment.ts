/** One appended status. */
export interface StatusRecord {
  id: number;
  state: string;
  description: string;
  environment: string;
  environmentUrl: string;
  logUrl: string;
  createdAt: number;
}

/** One deployment; everything but `statuses` stays as it was created. */
export interface DeploymentEntry {
  id: number;
  ref: string;
  sha: string;
  task: string;
  environment: string;
  description: string | null;
  payload: unknown;
  transient: boolean;
  production: boolean;
  createdAt: number;
  statuses: StatusRecord[];
}

/** What deployments need to know of the GitHub around them. */
export interface GitHubDeploymentsOptions {
  /** `owner/name`; all other repositories are unknown. */
  repository: string;
  /** Address of this API, for the links in answers. */
  url: () => string;
  creator: { login: string; id: number };
  /** SHA of a ref; undefined when there is none by this name. */
  resolve(ref: string): Promise<string | undefined>;
  /** Milliseconds since the epoch, by GitHub's clock. */
  now(): number;
}

/** A deployment as GitHub tells it. */
export function renderDeployment(options: GitHubDeploymentsOptions, entry: DeploymentEntry) {
  const repository = `${options.url()}/repos/${options.repository}`;
  const updated = entry.statuses.at(-1)?.createdAt ?? entry.createdAt;
  return {
    url: `${repository}/deployments/${entry.id}`,
    id: entry.id,
    node_id: `DE_${entry.id}`,
    sha: entry.sha,
    ref: entry.ref,
    task: entry.task,
    payload: entry.payload,
    original_environment: entry.environment,
    environment: entry.environment,
    description: entry.description,
    creator: { ...options.creator, type: 'User' },
    created_at: isoSeconds(entry.createdAt),
    updated_at: isoSeconds(updated),
    statuses_url: `${repository}/deployments/${entry.id}/statuses`,
    repository_url: repository,
    transient_environment: entry.transient,
    production_environment: entry.production,
  };
}

/** A status as GitHub tells it. */
export function renderStatus(options: GitHubDeploymentsOptions, entry: DeploymentEntry, status: StatusRecord) {
  const repository = `${options.url()}/repos/${options.repository}`;
  return {
    url: `${repository}/deployments/${entry.id}/statuses/${status.id}`,
    id: status.id,
    node_id: `DES_${status.id}`,
    state: status.state,
    creator: { ...options.creator, type: 'User' },
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    created_at: isoSeconds(status.createdAt),
    updated_at: isoSeconds(status.createdAt),
    deployment_url: `${repository}/deployments/${entry.id}`,
    repository_url: repository,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
  };
}

/** GitHub tells whole seconds. */
function isoSeconds(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}
