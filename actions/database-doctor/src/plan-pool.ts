import type { InputProblem } from '#action-kit/input-error';
import type { Given } from './plan-request.ts';

/** What is done to the pooler: it needs no connection to the database, of which there may be none left. */
export type PoolMitigation = 'raise-pool' | 'pool-back';

export interface PoolRequest {
  environment: string;
  project: string;
  supabaseToken: string;
  githubToken: string;
  /** Absent: to be put back. */
  raise?: { to: number /** Milliseconds; absent: for good. */; forMs?: number };
  /** A person has typed the word: what was raised goes back before its time. */
  early: boolean;
}

/**
 * Reads the request out of the inputs; every mistake at once. Putting back what is due needs no word: the one that was typed to raise it
 * holds for both. Pure.
 */
export function planPool(
  given: Given & { mitigate: PoolMitigation },
  about: { pinned: string | undefined; repository: string },
): { request?: PoolRequest; problems: InputProblem[] } {
  const { mitigate, environment, supabaseAccessToken, githubToken, poolSize, confirm } = given;
  const { pinned } = about;
  const project = given.supabaseProject ?? pinned;
  const problems: InputProblem[] = [];
  const problem = (name: string, message: string): void => {
    problems.push({ name, message });
  };
  const raises = mitigate === 'raise-pool';
  const useless = {
    ...{ database: given.database, user: given.user, application: given.application, 'older-than': given.olderThan },
    ...{ include: given.include, ...(raises ? {} : { 'pool-size': poolSize, keep: given.keep || undefined }) },
  };
  for (const [name, value] of Object.entries(useless))
    if (value !== undefined) problem(name, `is not used with mitigate: ${mitigate}`);
  if (environment === undefined) problem('environment', 'is needed: the record of what to put back stands there');
  if (supabaseAccessToken === undefined) problem('supabase-access-token', 'is needed to change the pooler');
  if (project === undefined) problem('supabase-project', 'is neither given nor in the configuration');
  else if (pinned !== undefined && project !== pinned)
    problem('supabase-project', `is not the project of this environment, which is pinned to ${pinned}`);
  if (githubToken === undefined || about.repository === '')
    problem('github-token', 'is needed, with deployments: write: the ledger keeps what to put back, and when');
  if (raises && poolSize === undefined) problem('pool-size', 'is needed: how many connections the pooler may open');
  const wrongWord = confirm === undefined ? raises : confirm !== environment;
  if (wrongWord && !given.dryRun && environment !== undefined) {
    const typed = confirm === undefined ? 'was not given' : 'does not repeat it';
    problem('confirm', `${typed}: type ${environment} to do this, or set dry-run to see what would be done`);
  }
  if (
    problems.length > 0 ||
    environment === undefined ||
    project === undefined ||
    supabaseAccessToken === undefined ||
    githubToken === undefined
  )
    return { problems };
  const forMs = given.keep ? {} : { forMs: given.expires };
  return {
    request: {
      ...{ environment, project, supabaseToken: supabaseAccessToken, githubToken },
      ...(raises && poolSize !== undefined ? { raise: { to: poolSize, ...forMs } } : {}),
      early: confirm === environment,
    },
    problems,
  };
}
