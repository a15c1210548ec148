import { gitHubConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { createGitHub, GitHubError } from '#github/client';
import { newestBackup } from '#release/backup-record';
import type { inputs } from './inputs.ts';

/** The newest backup that the ledger knows; a report must not fail because GitHub may not be asked. */
export async function readLastBackup(
  runner: Runner,
  { githubToken, environment }: InputValues<typeof inputs>,
): Promise<{ text: string; known: boolean; made?: { name: string; at: number } }> {
  const { repository } = runner.context;
  if (githubToken === undefined || repository === '' || environment === undefined) {
    return { known: false, text: 'that needs environment and github-token' };
  }
  try {
    const made = await newestBackup(createGitHub(gitHubConnection(runner, githubToken)), environment);
    if (made === undefined) return { known: true, text: 'none is recorded' };
    const hours = Math.max(0, runner.clock.now() / 1000 - made.at) / 3600;
    return { known: true, text: `${made.name}, ${hours.toFixed(1)} h ago`, made };
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    return { known: false, text: error.message };
  }
}
