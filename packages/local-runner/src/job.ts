import type { Annotation, RunnerEvent, RunReport, StepReport } from './events.ts';
import type { GitHubLibraries } from './github-libraries.ts';
import { mergeResults, type Result } from './results.ts';
import type { SecretMasker } from './secret-masker.ts';
import { killGroup } from './step-process.ts';

/** What all steps of one run share: the runner's job. */
export class Job {
  readonly libraries: GitHubLibraries;
  readonly masker: SecretMasker;
  /** Job-level `env:` plus what steps wrote to GITHUB_ENV. */
  readonly environment: Map<string, string>;
  /** Variables that the real runner gives to node actions only. */
  readonly actionEnvironment: Record<string, string>;
  /** What the machine itself gives to every process. */
  readonly machineEnvironment: Record<string, string>;
  readonly github: Record<string, unknown>;
  readonly runner: Record<string, string>;
  readonly workspace: string;
  readonly temp: string;
  readonly debug: boolean;
  prependedPaths: string[] = [];
  readonly steps: StepReport[] = [];
  readonly annotations: RunReport['annotations'] = [];
  result: Result | undefined;
  cancelled = false;
  /** The runner itself is gone: nothing more may start. */
  lost = false;
  readonly #cancelListeners = new Set<() => void>();
  readonly #groups = new Set<number>();
  readonly #emit: (event: RunnerEvent) => void;
  /** Takes every line as a process wrote it. */
  readonly hear: (line: string) => void;

  constructor(parts: JobParts) {
    this.libraries = parts.libraries;
    this.masker = parts.masker;
    this.environment = parts.environment;
    this.actionEnvironment = parts.actionEnvironment;
    this.machineEnvironment = parts.machineEnvironment;
    this.github = parts.github;
    this.runner = parts.runner;
    this.workspace = parts.workspace;
    this.temp = parts.temp;
    this.debug = parts.debug;
    this.#emit = parts.emit;
    this.hear = parts.hear;
  }

  /** `job.status`: failures of steps inside a running composite do not change it, a cancellation does. */
  get status(): string {
    return this.result ?? 'success';
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.result = 'cancelled';
    for (const listener of [...this.#cancelListeners]) listener();
  }

  onCancel(listener: () => void): () => void {
    this.#cancelListeners.add(listener);
    return () => this.#cancelListeners.delete(listener);
  }

  /** Ends everything at once, as a runner that lost its machine does: no post steps, no `always()`. */
  lose(): void {
    this.lost = true;
    // First: a cancellation interrupts, and nobody is told that a machine goes away.
    this.killProcesses();
    this.cancel();
  }

  /** `run:` steps get the OIDC request variables, not the rest of the runtime's. */
  identityEnvironment(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.actionEnvironment).filter(([name]) => name.startsWith('ACTIONS_ID_TOKEN_')),
    );
  }

  trackGroup(group: number): void {
    this.#groups.add(group);
    if (this.lost) killGroup(group);
  }

  killProcesses(): void {
    for (const group of this.#groups) killGroup(group);
  }

  mergeResult(result: Result): void {
    if (result === 'failure') this.result = mergeResults(this.result, result);
  }

  emit(event: RunnerEvent): void {
    this.#emit(event);
  }

  line(path: string[], text: string, stream: 'stdout' | 'stderr' = 'stdout'): void {
    this.emit({ kind: 'line', at: Date.now(), path, stream, text: this.masker.mask(text) });
  }

  annotate(path: string[], annotation: Annotation): void {
    const masked = {
      ...annotation,
      message: this.masker.mask(annotation.message),
      ...(annotation.title === undefined ? {} : { title: this.masker.mask(annotation.title) }),
    };
    this.annotations.push({ ...masked, path });
    this.emit({ kind: 'annotation', at: Date.now(), path, ...masked });
  }
}

export interface JobParts {
  libraries: GitHubLibraries;
  masker: SecretMasker;
  environment: Map<string, string>;
  actionEnvironment: Record<string, string>;
  machineEnvironment: Record<string, string>;
  github: Record<string, unknown>;
  runner: Record<string, string>;
  workspace: string;
  temp: string;
  debug: boolean;
  emit(event: RunnerEvent): void;
  hear(line: string): void;
}
