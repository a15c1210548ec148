import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type RunnerEvent, type RunOptions, type RunReport, runComposite } from '#local-runner/run-composite';

/** A throw-away repository of actions and a workspace beside it. */
export interface RunnerFixture extends AsyncDisposable {
  directory: string;
  workspace: string;
  write(files: Record<string, string>): void;
  run(
    action: string,
    options?: Partial<RunOptions>,
  ): Promise<RunReport & { events: RunnerEvent[]; lines: string[]; errors: string[] }>;
}

/** Files by path; a value for `x/action.yml` may leave out `name` and `description`. */
export function runnerFixture(files: Record<string, string>): RunnerFixture {
  const base = mkdtempSync(join(tmpdir(), 'local-runner-test-'));
  const [directory, workspace] = [join(base, 'repository'), join(base, 'workspace')];
  mkdirSync(workspace);
  const write = (given: Record<string, string>): void => {
    for (const [path, text] of Object.entries(given)) {
      const file = join(directory, path);
      mkdirSync(dirname(file), { recursive: true });
      const isAction = path.endsWith('action.yml') && !text.startsWith('name:');
      writeFileSync(file, isAction ? `name: x\ndescription: x\n${text}` : text);
    }
  };
  write({ 'package.json': '{"type":"module"}', ...files });
  return {
    directory,
    workspace,
    write,
    async run(action, options = {}) {
      const events: RunnerEvent[] = [];
      const report = await runComposite({
        action: join(directory, action),
        inputs: {},
        github: {
          repository: 'acme/app',
          sha: 'a'.repeat(40),
          ref: 'refs/heads/main',
          runId: 7,
          token: 'ghs_test_token',
        },
        workspace,
        onEvent: (event) => events.push(event),
        ...options,
      });
      const lines = events.flatMap((event) => (event.kind === 'line' ? [event.text] : []));
      const errors = report.annotations.filter(({ level }) => level === 'error').map(({ message }) => message);
      return { ...report, events, lines, errors };
    },
    async [Symbol.asyncDispose]() {
      rmSync(base, { recursive: true, force: true });
    },
  };
}

/** A composite made of steps given as YAML list items, already indented by two. */
export function composite(steps: string, rest = ''): string {
  return `${rest}\nruns:\n  using: composite\n  steps:\n${steps.replace(/^\n/, '').replace(/^/gm, '    ')}\n`;
}
