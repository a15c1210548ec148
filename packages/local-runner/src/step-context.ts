import type { Stage } from './events.ts';
import type { EvaluationScope } from './expressions.ts';
import { hashFiles } from './hash-files.ts';
import type { Job } from './job.ts';
import type { Result } from './results.ts';

/** `steps.<id>` as expressions see it. */
export interface StepState {
  outputs: Record<string, string>;
  outcome?: Result;
  conclusion?: Result;
}

/** The `steps` context of one composite. */
export type StepScope = Map<string, StepState>;

/** One step while it runs: the runner's execution context. */
export class StepContext {
  readonly job: Job;
  readonly path: string[];
  readonly stage: Stage;
  /** True inside a composite: success() and failure() then look at the composite, not at the job. */
  readonly embedded: boolean;
  /** Empty for a step without an id: its outputs and outcome are not kept. */
  readonly id: string;
  readonly github: Record<string, unknown>;
  readonly siblings: StepScope;
  readonly inputs: Record<string, string>;
  readonly state: Map<string, string>;
  readonly token = new AbortController();
  env = new Map<string, string>();
  readonly environmentOverrides = new Set<string>();
  result: Result | undefined;
  outcome: Result | undefined;
  commandResult: Result | undefined;
  error: string | undefined;

  constructor(parts: StepContextParts) {
    this.job = parts.job;
    this.path = parts.path;
    this.stage = parts.stage;
    this.embedded = parts.embedded;
    this.id = parts.id;
    this.github = parts.github;
    this.siblings = parts.siblings;
    this.inputs = parts.inputs;
    this.state = parts.state;
  }

  /** Notes an error; the step's result is the caller's decision. */
  fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.error ??= message;
    this.job.annotate(this.path, { level: 'error', message });
  }

  setOutput(name: string, value: string): void {
    if (this.id !== '') this.stepState().outputs[name] = value;
  }

  setResult(result: Result): void {
    this.result = result;
    this.publish();
  }

  /** Makes outcome and conclusion visible to later steps. */
  publish(): void {
    if (this.id === '') return;
    const state = this.stepState();
    state.outcome = this.outcome ?? this.result ?? 'success';
    state.conclusion = this.result ?? 'success';
  }

  outputs(): Record<string, string> {
    return this.siblings.get(this.id)?.outputs ?? {};
  }

  scope(overrides: { inputs?: Record<string, string>; steps?: StepScope } = {}): EvaluationScope {
    const decidesOnComposite = this.embedded && this.stage === 'main';
    const status = (): unknown => (decidesOnComposite ? (this.github.action_status ?? 'success') : this.job.status);
    return {
      contexts: {
        github: this.github,
        inputs: overrides.inputs ?? this.inputs,
        steps: Object.fromEntries(overrides.steps ?? this.siblings),
        job: { status: this.job.status, container: {}, services: {} },
        runner: this.job.runner,
        strategy: { 'fail-fast': true, 'job-index': 0, 'job-total': 1, 'max-parallel': 1 },
        matrix: null,
        env: this.env,
      },
      functions: {
        success: () => status() === 'success',
        failure: () => status() === 'failure',
        cancelled: () => this.job.cancelled,
        hashFiles: (patterns) => hashFiles(this.job.workspace, patterns),
      },
    };
  }

  stepState(): StepState {
    const key = this.id;
    const known = this.siblings.get(key);
    if (known !== undefined) return known;
    const created: StepState = { outputs: {} };
    this.siblings.set(key, created);
    return created;
  }
}

export interface StepContextParts {
  job: Job;
  path: string[];
  stage: Stage;
  embedded: boolean;
  id: string;
  github: Record<string, unknown>;
  siblings: StepScope;
  inputs: Record<string, string>;
  state: Map<string, string>;
}
