import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { RunnerEvent, RunReport } from './events.ts';
import { loadGitHubLibraries } from './github-libraries.ts';
import { Job } from './job.ts';
import { githubContext, runnerContext, splitEnvironment } from './job-contexts.ts';
import { type ActionRepository, hasPre, type PreparedStep, prepareAction, repositoryRoot } from './prepare-actions.ts';
import { machineEnvironment } from './process-environment.ts';
import { readAction } from './read-action.ts';
import { runStep, stageCondition } from './run-step.ts';
import { SecretMasker } from './secret-masker.ts';
import { StepContext } from './step-context.ts';
import { ActionError, UnsupportedError } from './unsupported-error.ts';

export type { RunnerEvent, RunReport, StepReport } from './events.ts';
export type { ActionRepository } from './prepare-actions.ts';

export interface RunOptions {
  /** Folder of the action.yml to run as `uses:` of one step of a job. */
  action: string;
  inputs: Record<string, string>;
  /** Job-level `env:` (GITHUB_API_URL, OPS_ACTIONS_…); ACTIONS_RUNTIME_TOKEN and its like reach node actions only. */
  environment?: Record<string, string>;
  /** Values to mask everywhere. */
  secrets?: string[];
  event?: unknown;
  eventName?: string;
  github: RunIdentity;
  workspace: string;
  /** Which repository the action belongs to; default: found from its folder, under the name org/ops-actions. */
  repository?: ActionRepository;
  /** Folders that stand for other repositories named in `uses: owner/name@ref`. */
  repositories?: ActionRepository[];
  /** Cancels the run as the button on GitHub does: SIGINT, then `always()` steps; after five minutes everything is killed. */
  signal?: AbortSignal;
  /** The runner is lost: everything is killed at once and nothing more starts, not even post steps. */
  lost?: AbortSignal;
  onEvent?(event: RunnerEvent): void;
  /** Called with every line as a process wrote it, before commands are obeyed and secrets are masked. */
  onRawLine?(line: string): void;
}

export interface RunIdentity {
  repository: string;
  repositoryId?: string | number;
  sha: string;
  ref: string;
  runId: string | number;
  runAttempt?: string | number;
  actor?: string;
  token?: string;
  serverUrl?: string;
  apiUrl?: string;
}

/** What GitHub gives a cancelled job before it kills the runner, in milliseconds. */
const cancelGraceMs = 5 * 60_000;

/**
 * Runs an action exactly as committed, as one step of a job, and reports how it ended. Never throws for what the action does;
 * an unreadable or unsupported action is a report with `error` and no steps.
 */
export async function runComposite(options: RunOptions): Promise<RunReport> {
  const temp = mkdtempSync(join(tmpdir(), 'ops-actions-run-'));
  try {
    return await runJob(options, temp);
  } catch (error) {
    if (!(error instanceof ActionError) && !(error instanceof UnsupportedError)) throw error;
    const path = [basename(resolve(options.action))];
    return {
      conclusion: 'failure',
      outputs: {},
      steps: [],
      annotations: [{ level: 'error', message: error.message, path }],
      error: error.message,
    };
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/** The names of an action's inputs. Throws ActionError or UnsupportedError when there is no readable action in the folder. */
export async function declaredInputs(action: string): Promise<string[]> {
  return readAction(await loadGitHubLibraries(), resolve(action)).inputs.map(({ id }) => id);
}

async function runJob(options: RunOptions, temp: string): Promise<RunReport> {
  const job = await createJob(options, temp);
  const step = prepareTopStep(options, job);
  const cancel = (): void => job.cancel();
  const lose = (): void => job.lose();
  const lastResort = job.onCancel(() => setTimeout(lose, cancelGraceMs).unref());
  options.signal?.addEventListener('abort', cancel, { once: true });
  options.lost?.addEventListener('abort', lose, { once: true });
  if (options.signal?.aborted) cancel();
  if (options.lost?.aborted) lose();
  const siblings = new Map();
  try {
    if (hasPre(step)) await runTop(job, step, 'pre', new Map());
    await runTop(job, step, 'main', siblings);
    if (step.postRegistered) await runTop(job, step, 'post', siblings);
  } finally {
    lastResort();
    options.signal?.removeEventListener('abort', cancel);
    options.lost?.removeEventListener('abort', lose);
    job.killProcesses();
  }
  const outputs = publishOutputs(job, step.path, siblings.get(topId)?.outputs ?? {});
  const conclusion = job.result === undefined || job.result === 'skipped' ? 'success' : job.result;
  return { conclusion, outputs, steps: job.steps, annotations: job.annotations };
}

async function createJob(options: RunOptions, temp: string): Promise<Job> {
  const workspace = resolve(options.workspace);
  const masker = new SecretMasker();
  for (const secret of [...(options.secrets ?? []), options.github.token ?? '']) masker.add(secret);
  for (const folder of ['temp', 'tools']) mkdirSync(join(temp, folder));
  const { job, actions } = splitEnvironment(options.environment ?? {});
  // As actions/runner does with the tokens it hands out itself.
  for (const [name, value] of Object.entries(actions)) if (name.endsWith('_TOKEN')) masker.add(value);
  return new Job({
    libraries: await loadGitHubLibraries(),
    masker,
    environment: job,
    actionEnvironment: actions,
    machineEnvironment: machineEnvironment(process.env),
    github: githubContext(options, workspace, temp),
    runner: runnerContext(temp),
    workspace,
    temp: join(temp, 'temp'),
    debug: job.get('RUNNER_DEBUG') === '1' || job.get('ACTIONS_STEP_DEBUG') === 'true',
    emit: (event) => options.onEvent?.(event),
    hear: (line) => options.onRawLine?.(line),
  });
}

const topId = 'action';

function prepareTopStep(options: RunOptions, job: Job): PreparedStep {
  const directory = resolve(options.action);
  const repository = options.repository ?? {
    name: 'org/ops-actions',
    ref: 'local',
    directory: repositoryRoot(directory),
  };
  const path = [basename(directory)];
  const preparation = { libraries: job.libraries, workspace: job.workspace, repositories: options.repositories ?? [] };
  const action = prepareAction(preparation, { directory, repository, local: false, path });
  const inputs = Object.entries(options.inputs).map(
    ([name, text]) => [name, { kind: 'text' as const, text }] as [string, { kind: 'text'; text: string }],
  );
  const definition = { id: topId, condition: 'success()', env: [], with: inputs, uses: path[0] ?? '' };
  return { definition, path, action, state: new Map(), scope: new Map(), postRegistered: false };
}

async function runTop(
  job: Job,
  step: PreparedStep,
  stage: 'pre' | 'main' | 'post',
  siblings: StepContext['siblings'],
): Promise<void> {
  const context = new StepContext({
    job,
    path: step.path,
    stage,
    embedded: false,
    id: topId,
    // Shared with the job on purpose: what the step sets here (action_repository, action_ref) its children see.
    github: job.github,
    siblings,
    inputs: {},
    state: step.state,
  });
  context.env = new Map(job.environment);
  await runStep(context, step, stage === 'main' ? 'success()' : stageCondition(step.action, stage));
  job.mergeResult(context.result ?? 'success');
}

/** GitHub drops a job output that holds a masked value; so does this, and says so. */
function publishOutputs(job: Job, path: string[], outputs: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(outputs)) {
    if (job.masker.hides(value))
      job.annotate(path, { level: 'warning', message: `Skip output '${name}' since it may contain secret.` });
    else kept[name] = value;
  }
  return kept;
}
