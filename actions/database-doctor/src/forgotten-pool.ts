import { gitHubConnection } from '#action-kit/connections';
import type { Runner } from '#action-kit/runner';
import { createGitHub, GitHubError } from '#github/client';
import type { Finding } from '#postgres/doctor/diagnose';
import { readOpenRaises } from '#release/pool-record';
import type { Given } from './plan-request.ts';

/** A raised pool whose time is over, and which nobody has put back; a look must not fail because GitHub may not be asked. */
export async function findForgottenPool(
  runner: Runner,
  { githubToken, environment }: Given,
  project: string | undefined,
): Promise<Finding[]> {
  if (githubToken === undefined || runner.context.repository === '') return [];
  if (environment === undefined || project === undefined) return [];
  try {
    const [newest] = await readOpenRaises(createGitHub(gitHubConnection(runner, githubToken)), environment, project);
    if (newest === undefined || newest.dueAt > runner.clock.now()) return [];
    const due = new Date(newest.dueAt).toISOString();
    return [
      {
        severity: 'warning',
        code: 'pool_size_overdue',
        message: `the pool size was raised from ${newest.former} to ${newest.raised} until ${due}, and nothing has put it back`,
        next: 'run this with mitigate: pool-back, and on a schedule (docs/runbooks/database-is-stuck.md)',
      },
    ];
  } catch (error) {
    if (!(error instanceof GitHubError)) throw error;
    runner.logger.info(`Whether a raised pool is to be put back is not known: ${error.message}`);
    return [];
  }
}
