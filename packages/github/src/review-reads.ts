import type { z } from 'zod';
import type { HttpRequest } from '#http/client';
import { checkRunsAnswer, combinedStatusAnswer, pullRequestAnswer, reviewAnswer } from './answers.ts';

/** One check run or one commit status: GitHub shows both as checks of a commit. */
export type CommitCheck = z.infer<typeof checkRunsAnswer>[number];
export type PullRequest = z.infer<typeof pullRequestAnswer>;
export type Review = z.infer<typeof reviewAnswer>;

/** What people and other workflows have said about a commit. */
export interface GitHubReviews {
  /** The newest run of a check in each of its suites. */
  checkRuns(sha: string, name: string): Promise<CommitCheck[]>;
  /** The newest status of each context. */
  commitStatuses(sha: string): Promise<CommitCheck[]>;
  /** Pull requests that brought this commit, merged ones and open ones. */
  pullRequestsOf(sha: string): Promise<PullRequest[]>;
  /** Oldest first, up to 500. */
  reviewsOf(pullRequest: number): Promise<Review[]>;
}

export type Call = <Schema extends z.ZodType>(
  what: string,
  permission: string,
  schema: Schema,
  request: HttpRequest,
) => Promise<z.infer<Schema>>;

const pageSize = 100;
const reviewPages = 5;

export function reviewReads(call: Call): GitHubReviews {
  return {
    checkRuns: (sha, name) =>
      call(`read the check ${name} of commit ${sha.slice(0, 7)}`, 'checks: read', checkRunsAnswer, {
        path: `/commits/${sha}/check-runs`,
        query: { check_name: name, filter: 'latest', per_page: pageSize },
      }),
    commitStatuses: (sha) =>
      call(`read the statuses of commit ${sha.slice(0, 7)}`, 'statuses: read', combinedStatusAnswer, {
        path: `/commits/${sha}/status`,
        query: { per_page: pageSize },
      }),
    pullRequestsOf: (sha) =>
      call(`read the pull requests of commit ${sha.slice(0, 7)}`, 'pull-requests: read', pullRequestAnswer.array(), {
        path: `/commits/${sha}/pulls`,
        query: { per_page: pageSize },
      }),
    async reviewsOf(pullRequest) {
      const all: Review[] = [];
      for (let page = 1; page <= reviewPages; page++) {
        const found = await call(
          `read the reviews of pull request #${pullRequest}`,
          'pull-requests: read',
          reviewAnswer.array(),
          { path: `/pulls/${pullRequest}/reviews`, query: { per_page: pageSize, page } },
        );
        all.push(...found);
        if (found.length < pageSize) break;
      }
      return all;
    },
  };
}
