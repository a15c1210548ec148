import { z } from 'zod';
import type { Call } from './review-reads.ts';

/** A comment of a pull request. */
export interface PullRequestComment {
  id: number;
  body: string;
  /** Written by an app, as the token of a workflow is one: a person could write our marker as well. */
  byApp: boolean;
}

/** A file that a pull request changes. */
export interface ChangedFile {
  path: string;
  status: 'added' | 'removed' | 'modified' | 'renamed' | 'copied' | 'changed' | 'unchanged';
}

/** An open pull request, by where it comes from and where it goes. */
export interface OpenPullRequest {
  number: number;
  headSha: string;
  /** Undefined: that repository was deleted. */
  headRepositoryId: number | undefined;
  baseRepositoryId: number;
}

/** A pull request of this repository, whatever became of it. */
export interface OwnPullRequest {
  number: number;
  url: string;
  state: 'open' | 'closed' | 'merged';
  title: string;
  /** Name of its branch, and the newest commit on it. */
  branch: string;
  headSha: string;
  /** Name of the branch that it goes into. */
  base: string;
}

/** The conversation and the files of pull requests, and those that we open ourselves. */
export interface GitHubPullRequests {
  /** Newest first: up to 100 of one branch (`owner:branch`) in whatever state, or, without, those that are open. */
  ownPullRequests(head?: string): Promise<OwnPullRequest[]>;
  /** Needs the setting that lets Actions create pull requests, beside the permission. */
  createPullRequest(request: { title: string; body: string; head: string; base: string }): Promise<OwnPullRequest>;
  /** With a title that says why. */
  closePullRequest(number: number, title: string): Promise<OwnPullRequest>;
  /** Oldest first, up to 1,000. */
  commentsOf(pullRequest: number): Promise<PullRequestComment[]>;
  createComment(pullRequest: number, body: string): Promise<PullRequestComment>;
  editComment(id: number, body: string): Promise<PullRequestComment>;
  /** Open ones from `owner:branch`; up to 100. */
  openPullRequests(head: string): Promise<OpenPullRequest[]>;
  /** Up to 3,000, as many as GitHub lists. */
  filesOf(pullRequest: number): Promise<ChangedFile[]>;
}

const comment = z
  .object({ id: z.number(), body: z.string().nullish(), user: z.object({ type: z.string() }).nullish() })
  .transform(({ id, body, user }): PullRequestComment => ({ id, body: body ?? '', byApp: user?.type === 'Bot' }));
const changedFile = z
  .object({
    filename: z.string(),
    status: z.enum(['added', 'removed', 'modified', 'renamed', 'copied', 'changed', 'unchanged']),
  })
  .transform(({ filename, status }): ChangedFile => ({ path: filename, status }));

const openPullRequest = z
  .object({
    number: z.number(),
    head: z.object({ sha: z.string(), repo: z.object({ id: z.number() }).nullable() }),
    base: z.object({ repo: z.object({ id: z.number() }) }),
  })
  .transform(
    ({ number, head, base }): OpenPullRequest => ({
      ...{ number, headSha: head.sha, headRepositoryId: head.repo?.id, baseRepositoryId: base.repo.id },
    }),
  );

const ownPullRequest = z
  .object({
    number: z.number(),
    html_url: z.string(),
    title: z.string(),
    state: z.enum(['open', 'closed']),
    merged_at: z.string().nullish(),
    head: z.object({ ref: z.string(), sha: z.string() }),
    base: z.object({ ref: z.string() }),
  })
  .transform(
    ({ number, html_url: url, title, state, merged_at: merged, head, base }): OwnPullRequest => ({
      ...{ number, url, title, state: merged == null ? state : 'merged', branch: head.ref },
      ...{ headSha: head.sha, base: base.ref },
    }),
  );

const pageSize = 100;

export function pullRequests(call: Call): GitHubPullRequests {
  async function pages<Schema extends z.ZodType>(
    what: string,
    schema: Schema,
    path: string,
    limit: number,
  ): Promise<z.infer<Schema>[]> {
    const all: z.infer<Schema>[] = [];
    for (let page = 1; page <= limit; page++) {
      const query = { per_page: pageSize, page };
      const found = await call(what, 'pull-requests: write', schema.array(), { path, query });
      all.push(...found);
      if (found.length < pageSize) break;
    }
    return all;
  }
  return {
    commentsOf: (number) =>
      pages(`read the comments of pull request #${number}`, comment, `/issues/${number}/comments`, 10),
    createComment: (number, body) =>
      call(`comment on pull request #${number}`, 'pull-requests: write', comment, {
        method: 'POST',
        path: `/issues/${number}/comments`,
        json: { body },
      }),
    editComment: (id, body) =>
      call('update its comment', 'pull-requests: write', comment, {
        method: 'PATCH',
        path: `/issues/comments/${id}`,
        json: { body },
      }),
    openPullRequests: (head) =>
      call(`find the pull requests of ${head}`, 'pull-requests: write', openPullRequest.array(), {
        path: '/pulls',
        query: { state: 'open', head, per_page: pageSize },
      }),
    ownPullRequests: (head) =>
      call('list pull requests', 'pull-requests: write', ownPullRequest.array(), {
        path: '/pulls',
        query: { state: head === undefined ? 'open' : 'all', ...(head !== undefined && { head }), per_page: pageSize },
      }),
    createPullRequest: (request) =>
      call('open a pull request', 'pull-requests: write', ownPullRequest, {
        method: 'POST',
        path: '/pulls',
        json: request,
      }),
    closePullRequest: (number, title) =>
      call(`close pull request #${number}`, 'pull-requests: write', ownPullRequest, {
        method: 'PATCH',
        path: `/pulls/${number}`,
        json: { state: 'closed', title },
      }),
    filesOf: (number) => pages(`read the files of pull request #${number}`, changedFile, `/pulls/${number}/files`, 30),
  };
}
