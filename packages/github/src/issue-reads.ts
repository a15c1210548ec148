import { z } from 'zod';
import type { Call } from './review-reads.ts';

const commentAnswer = z
  .object({
    id: z.number(),
    body: z.string().nullish(),
    user: z.object({ login: z.string(), type: z.string().nullish() }).nullish(),
    created_at: z.string().transform((text) => Date.parse(text)),
    updated_at: z.string().transform((text) => Date.parse(text)),
  })
  .transform(({ id, body, user, created_at, updated_at }) => ({
    id,
    body: body ?? '',
    by: user?.login ?? '',
    isPerson: user != null && user.type !== 'Bot',
    createdAt: created_at,
    edited: updated_at !== created_at,
  }));

export type GitHubComment = z.infer<typeof commentAnswer>;

/** What people write in issues, and what they may do in the repository. */
export interface GitHubIssueReads {
  /** Oldest first, up to 500. */
  issueComments(issue: number): Promise<GitHubComment[]>;
  /**
   * `admin`, `maintain`, `write`, `triage`, `read`, `none`, or the name of an organization's own role (REST "Get repository
   * permissions for a user": `permission` counts maintain as write, `role_name` does not). `none` where GitHub knows no such account.
   */
  roleOf(login: string): Promise<string>;
}

const pageSize = 100;
const pages = 5;

export function issueReads(call: Call): GitHubIssueReads {
  return {
    async issueComments(issue) {
      const all: GitHubComment[] = [];
      for (let page = 1; page <= pages; page++) {
        const found = await call(`read the comments of issue #${issue}`, 'issues: write', commentAnswer.array(), {
          path: `/issues/${issue}/comments`,
          query: { per_page: pageSize, page },
        });
        all.push(...found);
        if (found.length < pageSize) break;
      }
      return all;
    },
    async roleOf(login) {
      const request = { path: `/collaborators/${encodeURIComponent(login)}/permission` };
      try {
        const answer = z.object({ permission: z.string(), role_name: z.string() });
        const { permission, role_name } = await call(`read what ${login} may do`, 'metadata: read', answer, request);
        return permission === 'admin' ? permission : role_name;
      } catch (error) {
        if ((error as { reasonCode?: unknown }).reasonCode === 'github_not_found') return 'none';
        throw error;
      }
    },
  };
}
