import type { StepContext } from './step-context.ts';

/** The keys of the github context that become GITHUB_… variables (actions/runner's GitHubContext.cs). */
const published = new Set(
  `action_path action_ref action_repository action actor actor_id api_url base_ref env event_name event_path graphql_url head_ref job
  output path ref_name ref_protected ref_type ref repository repository_id repository_owner repository_owner_id retention_days
  run_attempt run_id run_number server_url sha state step_summary triggering_actor workflow workflow_ref workflow_sha workspace`.split(
    /\s+/,
  ),
);

/** The environment of one process: machine, then job and step `env`, then what the runner itself sets. */
export function processEnvironment(context: StepContext, added: Record<string, string>): Record<string, string> {
  const { job } = context;
  const environment: Record<string, string> = {
    CI: 'true',
    ...job.machineEnvironment,
    ...Object.fromEntries(context.env),
    ...added,
  };
  if (job.prependedPaths.length > 0) {
    environment.PATH = [...job.prependedPaths.toReversed(), environment.PATH ?? ''].join(':');
  }
  for (const [key, value] of Object.entries(context.github)) {
    if (published.has(key) && typeof value === 'string') environment[`GITHUB_${key.toUpperCase()}`] = value;
    if (published.has(key) && typeof value === 'boolean') environment[`GITHUB_${key.toUpperCase()}`] = String(value);
  }
  for (const [key, value] of Object.entries(job.runner)) environment[`RUNNER_${key.toUpperCase()}`] = value;
  environment.GITHUB_ACTIONS = 'true';
  return environment;
}

/** Variables that steps of a run may see of this machine. Not the whole environment: a laptop's holds secrets of other work. */
export function machineEnvironment(source: NodeJS.ProcessEnv): Record<string, string> {
  const allowed =
    /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TMPDIR|CI|(https?|no|all)_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR))$/i;
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && allowed.test(name)) kept[name] = value;
  }
  return kept;
}
