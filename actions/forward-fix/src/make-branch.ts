import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type GitHub, GitHubError } from '#github/client';
import type { ForwardFix } from '#release/forward-fix-record';

/** A branch on the commit that was checked out, with the migration in it, empty; nothing where an earlier run, or a merge, has brought it. */
export async function makeBranch(
  github: GitHub,
  { branch, path, version, mends }: ForwardFix,
  { commit, workspace }: { commit: string; workspace: string },
): Promise<{ created: boolean; problem?: string }> {
  // Merged already: an empty file on top would be the loss of what was written.
  if (await stat(join(workspace, path)).catch(() => undefined)) return { created: false };
  try {
    const made = await github.createBranch({
      name: branch,
      from: commit,
      path,
      content: '',
      message: `Add migration ${version}, the forward fix of ${mends}`,
    });
    if (made === 'created') return { created: true };
    if (await github.hasFile(path, branch)) return { created: false };
    return { created: false, problem: `a branch of that name is there, without ${path}` };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { created: false, problem: error.message };
  }
}
