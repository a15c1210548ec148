import { readFileSync } from 'node:fs';

/** What the runner says about the run; empty strings and 0 outside a runner. */
export interface GitHubContext {
  /** `owner/name`. */
  repository: string;
  repositoryId: string;
  sha: string;
  ref: string;
  refName: string;
  refType: string;
  runId: number;
  runAttempt: number;
  eventName: string;
  /** The webhook's payload; `{}` when there is none. */
  readonly event: unknown;
  serverUrl: string;
  apiUrl: string;
  actor: string;
  workspace: string;
  temp: string;
  job: string;
  workflow: string;
  /** False on self-hosted machines and outside a runner. */
  hosted: boolean;
  runUrl: string;
}

/** Reads the context from the runner's variables; the event file is read on first use. Throws when that file is not JSON. */
export function readGitHubContext(environment: NodeJS.ProcessEnv): GitHubContext {
  const text = (name: string): string => environment[name] ?? '';
  const number = (name: string): number => Number(environment[name]) || 0;
  const repository = text('GITHUB_REPOSITORY');
  const serverUrl = text('GITHUB_SERVER_URL') || 'https://github.com';
  const runId = number('GITHUB_RUN_ID');
  let event: unknown;
  return {
    repository,
    repositoryId: text('GITHUB_REPOSITORY_ID'),
    sha: text('GITHUB_SHA'),
    ref: text('GITHUB_REF'),
    refName: text('GITHUB_REF_NAME'),
    refType: text('GITHUB_REF_TYPE'),
    runId,
    runAttempt: number('GITHUB_RUN_ATTEMPT'),
    eventName: text('GITHUB_EVENT_NAME'),
    get event() {
      event ??= readEvent(text('GITHUB_EVENT_PATH'));
      return event;
    },
    serverUrl,
    apiUrl: text('GITHUB_API_URL') || 'https://api.github.com',
    actor: text('GITHUB_ACTOR'),
    workspace: text('GITHUB_WORKSPACE') || process.cwd(),
    temp: text('RUNNER_TEMP'),
    job: text('GITHUB_JOB'),
    workflow: text('GITHUB_WORKFLOW'),
    hosted: text('RUNNER_ENVIRONMENT') === 'github-hosted',
    runUrl: runId === 0 ? '' : `${serverUrl}/${repository}/actions/runs/${runId}`,
  };
}

function readEvent(path: string): unknown {
  if (path === '') return {};
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // The variable is set on some self-hosted runners although no file was written.
    return {};
  }
  return JSON.parse(text);
}
