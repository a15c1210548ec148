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

/** The conversation and the files of pull requests. */
export interface GitHubPullRequests {
  /** Oldest first, up to 1,000. */
  commentsOf(pullRequest: number): Promise<PullRequestComment[]>;
  createComment(pullRequest: number, body: string): Promise<PullRequestComment>;
  editComment(id: number, body: string): Promise<PullRequestComment>;
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
    filesOf: (number) => pages(`read the files of pull request #${number}`, changedFile, `/pulls/${number}/files`, 30),
  };
}
