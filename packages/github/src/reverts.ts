import { z } from 'zod';
import { GitHubError } from './github-error.ts';
import type { Call } from './review-reads.ts';

const permission = 'contents: write';
const sha = z.object({ sha: z.string() });
const reference = z.object({ object: z.object({ sha: z.string() }) });

/** What a job with `contents: write` needs to take commits back: objects first, then at most one reference; nothing is forced or deleted. */
export interface GitHubReverts {
  /** Commit of `heads/<name>` or `tags/<name>`, also behind an annotated tag (REST "Get a commit"); undefined where there is none. */
  refTarget(name: string): Promise<string | undefined>;
  /** A commit of an existing tree; the same words at the same time give the same commit (REST "Create a commit"). */
  createCommit(commit: { message: string; tree: string; parent: string; at: Date }): Promise<string>;
  /** `exists`: there is one by this name, wherever it is. */
  createRef(name: string, commit: string): Promise<'created' | 'exists'>;
  /** Moves a branch forward only; `moved-on` where the commit does not follow what it is by now. */
  forwardBranch(name: string, commit: string): Promise<'moved' | 'moved-on'>;
  /** Merges a commit into a branch (REST "Merge a branch"); on a conflict nothing is changed. */
  mergeInto(branch: string, commit: string, message: string): Promise<{ sha: string } | 'conflict'>;
}

/** GitHub needs an author where a commit has a date of its own; the bot that writes with the token of a workflow. */
const author = { name: 'github-actions[bot]', email: '41898282+github-actions[bot]@users.noreply.github.com' };

export function reverts(call: Call): GitHubReverts {
  const isStatus = (error: unknown, status: number) => error instanceof GitHubError && error.status === status;
  return {
    async refTarget(name) {
      const path = `/commits/${name.split('/').map(encodeURIComponent).join('/')}`;
      try {
        return (await call(`read ${name}`, 'contents: read', sha, { path })).sha;
      } catch (error) {
        // 422 "No commit found for SHA" for a name that is none.
        if (isStatus(error, 404) || isStatus(error, 422)) return undefined;
        throw error;
      }
    },
    async createCommit({ message, tree, parent, at }) {
      const by = { ...author, date: at.toISOString() };
      const json = { message, tree, parents: [parent], author: by, committer: by };
      return (await call('create the revert', permission, sha, { method: 'POST', path: '/git/commits', json })).sha;
    },
    async createRef(name, commit) {
      const json = { ref: `refs/${name}`, sha: commit };
      try {
        await call(`create ${name}`, permission, z.unknown(), { method: 'POST', path: '/git/refs', json });
        return 'created';
      } catch (error) {
        // "Reference already exists"; the rules of tags and branches refuse with the same status.
        if (isStatus(error, 422) && /already exists/i.test(`${error}`)) return 'exists';
        throw error;
      }
    },
    async forwardBranch(name, commit) {
      const path = `/git/refs/heads/${name.split('/').map(encodeURIComponent).join('/')}`;
      try {
        const json = { sha: commit, force: false };
        await call(`move ${name}`, permission, reference, { method: 'PATCH', path, json });
        return 'moved';
      } catch (error) {
        // 422 "Update is not a fast forward"; the rules of a branch refuse with the same status.
        if (isStatus(error, 422) && /fast.?forward/i.test(`${error}`)) return 'moved-on';
        throw error;
      }
    },
    async mergeInto(branch, commit, message) {
      const json = { base: branch, head: commit, commit_message: message };
      try {
        return await call(`merge into ${branch}`, permission, sha, { method: 'POST', path: '/merges', json });
      } catch (error) {
        // "Merge conflict"; the rules of a branch refuse with the same status.
        if (isStatus(error, 409) && /conflict/i.test(`${error}`)) return 'conflict';
        throw error;
      }
    },
  };
}
