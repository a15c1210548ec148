import { z } from 'zod';
import { createHttpClient, type HttpRequest } from '#http/client';
import type { Clock } from '#http/clock';
import { HttpError } from '#http/http-error';
import {
  artifactsAnswer,
  commitAnswer,
  compareAnswer,
  deploymentAnswer,
  issueAnswer,
  statusAnswer,
} from './answers.ts';
import { branches, type GitHubBranches } from './branches.ts';
import { GitHubError, toGitHubError } from './github-error.ts';
import { type GitHubIssueReads, issueReads } from './issue-reads.ts';
import { type GitHubPullRequests, pullRequests } from './pull-requests.ts';
import { type GitHubReverts, reverts } from './reverts.ts';
import { type GitHubReviews, reviewReads } from './review-reads.ts';
import { type GitHubRuns, runReads } from './run-reads.ts';
import { readSourceArchive } from './source-archive.ts';

export { GitHubError } from './github-error.ts';

export type GitHubDeployment = z.infer<typeof deploymentAnswer>;
export type DeploymentStatus = z.infer<typeof statusAnswer>;
export type GitHubCommit = z.infer<typeof commitAnswer>;
export type GitHubComparison = z.infer<typeof compareAnswer>;
export type GitHubIssue = z.infer<typeof issueAnswer>;

export type GitHubArtifact = z.infer<typeof artifactsAnswer>['artifacts'][number];

export type DeploymentState = 'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success';

export interface GitHubConnection {
  apiUrl: string;
  token: string;
  /** `owner/name`. */
  repository: string;
  /** Per attempt, in milliseconds; default 10 s. */
  deadlineMs?: number;
  /** Default 4. */
  attempts?: number;
  signal?: AbortSignal;
  log?: (line: string) => void;
  clock?: Clock;
}

/** What we need of one repository; every failure is a GitHubError with a reason code and what to do. */
export interface GitHub
  extends GitHubReviews,
    GitHubRuns,
    GitHubPullRequests,
    GitHubIssueReads,
    GitHubBranches,
    GitHubReverts {
  repository: string;
  /** Time by the server's clock (S8), from the last answer's Date header; the own clock before the first answer. Milliseconds. */
  serverTime(): number;
  createDeployment(request: {
    ref: string;
    task: string;
    environment: string;
    payload: object;
    description: string;
    production: boolean;
    transient?: boolean;
  }): Promise<GitHubDeployment>;
  /** Newest first, as GitHub lists them. */
  listDeployments(filter: {
    environment?: string;
    task?: string;
    sha?: string;
    ref?: string;
    perPage?: number;
    page?: number;
  }): Promise<GitHubDeployment[]>;
  /** `description` at most 140 characters: the caller cuts. */
  createStatus(
    deploymentId: number,
    status: {
      state: DeploymentState;
      description: string;
      environmentUrl?: string;
      logUrl?: string;
      autoInactive: boolean;
    },
  ): Promise<DeploymentStatus>;
  /** Oldest first, all pages. */
  listStatuses(deploymentId: number): Promise<DeploymentStatus[]>;
  compare(base: string, head: string): Promise<GitHubComparison>;
  commit(ref: string): Promise<GitHubCommit>;
  /** All files of a commit as a gzipped tar, in one folder; ends with the signal at the latest. */
  archive(sha: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  /** Pull requests are left out. */
  listIssues(filter: { labels?: string[]; state?: 'open' | 'closed' | 'all' }): Promise<GitHubIssue[]>;
  createIssue(issue: { title: string; body: string; labels: string[] }): Promise<GitHubIssue>;
  updateIssue(
    number: number,
    change: { title?: string; body?: string; state?: 'open' | 'closed' },
  ): Promise<GitHubIssue>;
  comment(number: number, body: string): Promise<void>;
  /** Artifacts of all runs that GitHub still keeps, newest first. */
  listArtifacts(): Promise<GitHubArtifact[]>;
}

/** Statuses of one entry beyond this many pages of 100 are not ours. */
const statusPages = 5;

/** Newest first: a backup of the last months is among the first thousand artifacts. */
const artifactPages = 10;

export function createGitHub(connection: GitHubConnection): GitHub {
  const { token, repository, apiUrl, ...options } = connection;
  const client = createHttpClient({
    ...options,
    baseUrl: apiUrl,
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'ops-actions',
    },
  });
  const base = `/repos/${repository}`;
  let clockAhead = 0;

  async function call<Schema extends z.ZodType>(
    what: string,
    permission: string,
    schema: Schema,
    request: HttpRequest,
  ): Promise<z.infer<Schema>> {
    // A way back without a token must not wait for a GitHub that would refuse it anyway.
    if (token === '') throw new GitHubError('github_unauthorized', `GitHub could not ${what}: no token is given`);
    try {
      const answer = await client.request({ ...request, path: base + request.path });
      const date = Date.parse(answer.headers.get('date') ?? '');
      if (!Number.isNaN(date)) clockAhead = date - Date.now();
      const parsed = schema.safeParse(answer.json());
      if (parsed.success) return parsed.data;
      const [issue] = parsed.error.issues;
      const place = issue?.path.length ? ` at ${issue.path.join('.')}` : '';
      // A proxy or a login page between us and GitHub, or a GitHub that speaks differently: nothing is known.
      throw new HttpError({
        kind: 'invalid-json',
        method: request.method ?? 'GET',
        url: new URL(apiUrl + base + request.path),
        detail: `answered ${answer.status} with something that is not understood${place}: ${issue?.message}`,
        maybeSent: true,
        status: answer.status,
      });
    } catch (error) {
      if (error instanceof HttpError && error.kind !== 'aborted') throw toGitHubError(error, what, permission);
      throw error;
    }
  }

  return {
    ...reviewReads(call),
    ...runReads(call),
    ...pullRequests(call),
    ...issueReads(call),
    ...branches(call),
    ...reverts(call),
    repository,
    serverTime: () => Date.now() + clockAhead,
    createDeployment: ({ ref, task, environment, payload, description, production, transient }) =>
      call('create a deployment record', 'deployments: write', deploymentAnswer, {
        method: 'POST',
        path: '/deployments',
        json: {
          ref,
          task,
          environment,
          payload,
          description,
          // Its default true can merge branches and then answers 202 without a deployment (trap 42).
          auto_merge: false,
          required_contexts: [],
          production_environment: production,
          transient_environment: transient ?? false,
        },
      }),
    listDeployments: ({ perPage, ...filter }) =>
      call('list deployment records', 'deployments: write', deploymentAnswer.array(), {
        path: '/deployments',
        query: { ...filter, per_page: perPage ?? 30 },
      }),
    createStatus: (id, { state, description, environmentUrl, logUrl, autoInactive }) =>
      call('append to the deployment record', 'deployments: write', statusAnswer, {
        method: 'POST',
        path: `/deployments/${id}/statuses`,
        json: {
          state,
          description,
          auto_inactive: autoInactive,
          ...(environmentUrl === undefined ? {} : { environment_url: environmentUrl }),
          ...(logUrl === undefined ? {} : { log_url: logUrl }),
        },
      }),
    async listStatuses(id) {
      const all: DeploymentStatus[] = [];
      for (let page = 1; page <= statusPages; page++) {
        const found = await call('read the deployment record', 'deployments: write', statusAnswer.array(), {
          path: `/deployments/${id}/statuses`,
          query: { per_page: 100, page },
        });
        all.push(...found);
        if (found.length < 100) break;
      }
      return all.sort((a, b) => a.id - b.id);
    },
    compare: (from, to) =>
      call(`compare ${from} with ${to}`, 'contents: read', compareAnswer, {
        path: `/compare/${encodeURIComponent(from)}...${encodeURIComponent(to)}`,
        query: { per_page: 100 },
      }),
    commit: (ref) =>
      call(`read commit ${ref}`, 'contents: read', commitAnswer, { path: `/commits/${encodeURIComponent(ref)}` }),
    archive: (sha, signal) => readSourceArchive(client, options, `${base}/tarball/${sha}`, sha, signal),
    async listIssues({ labels, state }) {
      const issues = await call('list issues', 'issues: write', issueAnswer.array(), {
        path: '/issues',
        query: { state: state ?? 'open', labels: labels?.join(','), per_page: 100 },
      });
      return issues.filter((issue) => !issue.isPullRequest);
    },
    createIssue: (issue) =>
      call('open an issue', 'issues: write', issueAnswer, { method: 'POST', path: '/issues', json: issue }),
    updateIssue: (number, change) =>
      call(`update issue #${number}`, 'issues: write', issueAnswer, {
        method: 'PATCH',
        path: `/issues/${number}`,
        json: change,
      }),
    async listArtifacts() {
      const all: GitHubArtifact[] = [];
      for (let page = 1; page <= artifactPages; page++) {
        const { artifacts } = await call('list artifacts', 'actions: read', artifactsAnswer, {
          path: '/actions/artifacts',
          query: { per_page: 100, page },
        });
        all.push(...artifacts);
        if (artifacts.length < 100) break;
      }
      return all.filter(({ expired }) => !expired);
    },
    async comment(number, body) {
      await call(`comment on issue #${number}`, 'issues: write', z.unknown(), {
        method: 'POST',
        path: `/issues/${number}/comments`,
        json: { body },
      });
    },
  };
}
