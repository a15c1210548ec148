import { randomUUID } from 'node:crypto';
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { evaluateText } from './expressions.ts';
import { LineInterpreter } from './line-interpreter.ts';
import { processEnvironment } from './process-environment.ts';
import type { StepContext } from './step-context.ts';
import type { StepDefinition } from './step-definition.ts';
import { runProcess } from './step-process.ts';
import { UnsupportedError } from './unsupported-error.ts';

/** Arguments as actions/runner's ScriptHandlerHelpers.cs gives them; `{0}` is the script file. */
const shells: Record<string, { args: string; extension: string }> = {
  bash: { args: '--noprofile --norc -e -o pipefail {0}', extension: '.sh' },
  sh: { args: '-e {0}', extension: '.sh' },
  python: { args: '{0}', extension: '.py' },
};

/** Runs a `run:` step and gives its exit code. Such a step gets no INPUT_* variables. */
export async function runScript(context: StepContext, definition: StepDefinition): Promise<number> {
  const scope = context.scope();
  const script = evaluateText(definition.run, scope);
  const shell = evaluateText(definition.shell, scope);
  const cwd = resolve(context.job.workspace, evaluateText(definition.workingDirectory, scope));
  const [name = '', ...custom] = shell.trim().split(/\s+/);
  const known = shells[name];
  const template = custom.length > 0 ? custom.join(' ') : known?.args;
  if (template === undefined || !template.includes('{0}')) {
    throw new UnsupportedError(
      `shell: ${shell} is not supported here; supported: bash, sh, python or a command with {0}.`,
    );
  }
  const file = join(context.job.temp, `${randomUUID()}${known?.extension ?? ''}`);
  writeFileSync(file, script, { mode: 0o600 });
  const environment = processEnvironment(context, context.job.identityEnvironment());
  const lines = new LineInterpreter(context);
  const { exitCode } = await runProcess({
    command: findProgram(name, environment.PATH ?? ''),
    args: template.split(' ').map((argument) => argument.replace('{0}', file)),
    cwd,
    environment,
    signal: context.token.signal,
    onStart: (group) => context.job.trackGroup(group),
    onLine: (line, stream) => lines.take(line, stream),
  });
  if (exitCode !== 0 && !context.token.signal.aborted) context.fail(`Process completed with exit code ${exitCode}.`);
  return exitCode;
}

function findProgram(name: string, path: string): string {
  if (name.includes('/')) return name;
  for (const folder of path.split(delimiter).filter((entry) => entry !== '')) {
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  throw new Error(`${name}: command not found`);
}
