import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '#child-process/run-tool';
import { cleanText } from '#http/text';
import { SupabaseError } from './supabase-error.ts';

const deadlineMs = 120_000;

/**
 * Writes the files of a commit below `folder` and returns its full name and where they are. git writes them from its objects through
 * an index of their own: checkout, index and branches stay as they are. @throws SupabaseError `commit_not_found`, `commit_unreadable`.
 */
export async function exportCommit(
  root: string,
  commit: string,
  folder: string,
  signal?: AbortSignal,
): Promise<{ commit: string; root: string }> {
  const files = join(folder, 'files');
  const git = async (...args: string[]) => {
    // safe.directory: in a container the checkout belongs to another user. No filter: git-lfs would reach out for large files.
    const settings = [
      `safe.directory=${root}`,
      'filter.lfs.process=',
      'filter.lfs.smudge=',
      'filter.lfs.required=false',
    ];
    return await runTool({
      command: 'git',
      args: ['-C', root, ...settings.flatMap((setting) => ['-c', setting]), ...args],
      environment: { GIT_INDEX_FILE: join(folder, 'index') },
      deadlineMs,
      signal,
    });
  };
  await mkdir(files, { recursive: true });
  const named = await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`);
  if (named.exitCode !== 0) {
    throw new SupabaseError(
      'commit_not_found',
      `Commit ${cleanText(commit, 60)} is not in this checkout. Check out with fetch-depth: 0, or name another commit.`,
    );
  }
  const sha = named.stdout.trim();
  for (const args of [
    ['read-tree', sha],
    ['checkout-index', '--all', `--prefix=${files}/`],
  ]) {
    const { exitCode, stderr } = await git(...args);
    if (exitCode === 0) continue;
    const message = `The files of commit ${sha.slice(0, 7)} could not be read: ${cleanText(stderr, 300)}`;
    throw new SupabaseError('commit_unreadable', message);
  }
  return { commit: sha, root: files };
}
