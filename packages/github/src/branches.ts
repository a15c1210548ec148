import { z } from 'zod';
import { GitHubError } from './github-error.ts';
import type { Call } from './review-reads.ts';

const object = z.object({ sha: z.string() });
// REST "Get repository content": beyond 1 MB `content` is empty and `encoding` is "none".
const file = z.object({ type: z.literal('file'), encoding: z.string(), content: z.string() });
const permission = 'contents: write';

function contentsOf(path: string, ref: string) {
  return { path: `/contents/${path.split('/').map(encodeURIComponent).join('/')}`, query: { ref } };
}

/** What a job with `contents: write` does to branches: it adds one, and never moves or deletes one. */
export interface GitHubBranches {
  /** A file as it is in a branch or commit; `none`: there is none; `unread`: it is larger than GitHub tells (1 MB). */
  readFile(path: string, ref: string): Promise<{ text: string } | 'none' | 'unread'>;
  /** Whether a file is in a branch or commit. */
  hasFile(path: string, ref: string): Promise<boolean>;
  /**
   * A branch whose one commit on top of `from` adds a file, or writes it anew. The branch is made last and whole (REST "Create a blob", "… a tree",
   * "… a commit", "… a reference"), so that a run that dies leaves either all of it or none. `exists`: one of that name is there.
   */
  createBranch(branch: {
    name: string;
    from: string;
    path: string;
    content: string;
    message: string;
  }): Promise<'created' | 'exists'>;
}

export function branches(call: Call): GitHubBranches {
  const create = async (what: string, kind: string, json: object) =>
    await call(what, permission, z.unknown(), { method: 'POST', path: `/git/${kind}`, json });
  return {
    async readFile(path, ref) {
      try {
        const found = await call(`read ${path} of ${ref}`, 'contents: read', file, contentsOf(path, ref));
        return found.encoding === 'base64' ? { text: Buffer.from(found.content, 'base64').toString() } : 'unread';
      } catch (error) {
        if (error instanceof GitHubError && error.reasonCode === 'github_not_found') return 'none';
        throw error;
      }
    },
    async hasFile(path, ref) {
      const request = contentsOf(path, ref);
      try {
        await call(`look for ${path} in ${ref}`, 'contents: read', z.unknown(), request);
        return true;
      } catch (error) {
        if (error instanceof GitHubError && error.reasonCode === 'github_not_found') return false;
        throw error;
      }
    },
    async createBranch({ name, from, path, content, message }) {
      const what = `create the branch ${name}`;
      const commit = z.object({ tree: object });
      const base = await call(what, permission, commit, { path: `/git/commits/${from}` });
      const blob = object.parse(await create(what, 'blobs', { content, encoding: 'utf-8' }));
      const entry = { path, mode: '100644', type: 'blob', sha: blob.sha };
      const tree = object.parse(await create(what, 'trees', { base_tree: base.tree.sha, tree: [entry] }));
      const made = object.parse(await create(what, 'commits', { message, tree: tree.sha, parents: [from] }));
      try {
        await create(what, 'refs', { ref: `refs/heads/${name}`, sha: made.sha });
        return 'created';
      } catch (error) {
        // "Reference already exists"
        if (error instanceof GitHubError && error.status === 422) return 'exists';
        throw error;
      }
    },
  };
}
