import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnvironmentFile } from './environment-file.ts';
import type { StepContext } from './step-context.ts';

/** actions/runner's AttachmentSizeLimit: a larger summary is dropped with an error annotation. */
const summaryLimitBytes = 1024 * 1024;

/** The files behind GITHUB_OUTPUT, GITHUB_ENV, GITHUB_PATH, GITHUB_STATE and GITHUB_STEP_SUMMARY of one step. */
export class StepFiles {
  readonly context: StepContext;
  readonly folder: string;
  readonly suffix = randomUUID();

  /** Creates the empty files and names them in the step's github context. */
  constructor(context: StepContext) {
    this.context = context;
    this.folder = join(context.job.temp, '_runner_file_commands');
    mkdirSync(this.folder, { recursive: true });
    for (const name of ['path', 'env', 'step_summary', 'state', 'output'] as const) {
      writeFileSync(this.file(name), '', { mode: 0o600 });
      context.github[name] = this.file(name);
    }
  }

  /** Reads what the step wrote, also after a failure. A malformed file fails the step; what stood before the mistake counts. */
  process(): void {
    this.#attempt('path', (text) => this.#prependPaths(text));
    this.#attempt('env', (text) => this.#setEnvironment(text));
    this.#attempt('step_summary', (text) => this.#attachSummary(text));
    this.#attempt('state', (text) => {
      for (const [name, value] of parseEnvironmentFile(text)) this.context.state.set(name, value);
    });
    this.#attempt('output', (text) => {
      for (const [name, value] of parseEnvironmentFile(text)) this.context.setOutput(name, value);
    });
  }

  file(name: string): string {
    return join(this.folder, `${name}_${this.suffix}`);
  }

  #attempt(name: string, read: (text: string) => void): void {
    const file = this.file(name);
    if (!existsSync(file)) return;
    try {
      read(readFileSync(file, 'utf8').replace(/^\uFEFF/, ''));
    } catch (error) {
      this.context.fail(`Unable to process file command '${name}' successfully.`);
      this.context.fail(error);
      this.context.commandResult = 'failure';
    }
  }

  #prependPaths(text: string): void {
    const { job } = this.context;
    for (const path of text.split(/\r?\n/).filter((line) => line !== '')) {
      job.prependedPaths = [...job.prependedPaths.filter((known) => known !== path), path];
    }
  }

  #setEnvironment(text: string): void {
    for (const [name, value] of parseEnvironmentFile(text)) {
      if (name.toUpperCase() === 'NODE_OPTIONS') {
        this.context.fail("Can't store NODE_OPTIONS output parameter using '$GITHUB_ENV' command.");
        continue;
      }
      this.context.job.environment.set(name, value);
      this.context.env.set(name, value);
    }
  }

  #attachSummary(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > summaryLimitBytes) {
      const size = `${Math.floor(summaryLimitBytes / 1024)}k, got ${Math.floor(bytes / 1024)}k`;
      this.context.fail(`$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of ${size}.`);
      return;
    }
    const { job, path } = this.context;
    if (bytes > 0) job.emit({ kind: 'summary', at: Date.now(), path, text: job.masker.mask(text) });
  }
}
