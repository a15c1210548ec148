import { join } from 'node:path';
import type { Stage } from './events.ts';
import { LineInterpreter } from './line-interpreter.ts';
import { nodeProgram } from './node-program.ts';
import type { PreparedAction } from './prepare-actions.ts';
import { processEnvironment } from './process-environment.ts';
import type { StepContext } from './step-context.ts';
import type { NodeRuns } from './step-definition.ts';
import { runProcess } from './step-process.ts';

/** Runs one script (pre, main or post) of a node24 action in the workspace and gives its exit code. */
export async function runNode(
  context: StepContext,
  action: PreparedAction,
  runs: NodeRuns,
  stage: Stage,
  inputs: Record<string, string>,
): Promise<number> {
  const script = stage === 'main' ? runs.main : stage === 'pre' ? runs.pre : runs.post;
  const added: Record<string, string> = { ...context.job.actionEnvironment };
  for (const [name, value] of context.state) added[`STATE_${name}`] = value;
  for (const [name, value] of Object.entries(inputs)) added[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  const lines = new LineInterpreter(context);
  const { exitCode } = await runProcess({
    command: nodeProgram(),
    args: [join(action.directory, script ?? '')],
    cwd: context.job.workspace,
    environment: processEnvironment(context, added),
    signal: context.token.signal,
    onStart: (group) => context.job.trackGroup(group),
    onLine: (line, stream) => lines.take(line, stream),
  });
  return exitCode;
}
