import { continuesOnError, displayName, evaluateEnvironment, evaluateInputs, stillWanted } from './evaluate-step.ts';
import type { Stage } from './events.ts';
import { evaluateCondition, evaluateText } from './expressions.ts';
import { hasPost, hasPre, type PreparedAction, type PreparedStep } from './prepare-actions.ts';
import { reportStep, usesOf } from './report-step.ts';
import { mergeResults } from './results.ts';
import { runNode } from './run-node.ts';
import { runScript } from './run-script.ts';
import { StepContext } from './step-context.ts';
import { StepFiles } from './step-files.ts';

/** Its process was ended by a cancellation: the step is cancelled whatever its exit code. */
class StepCancelled extends Error {}

/**
 * Takes one step from its condition to its conclusion, as actions/runner's StepsRunner.cs and CompositeActionHandler.cs do.
 * 'end' means that the composite ends here: its condition threw.
 */
export async function runStep(context: StepContext, step: PreparedStep, condition: string): Promise<'go-on' | 'end'> {
  const { job } = context;
  const startedAt = Date.now();
  const name = displayName(context, step);
  const finish = (): void => reportStep(context, step, name, startedAt);
  const environmentFailed = !evaluateEnvironment(context, step);
  if (environmentFailed && !context.embedded) {
    finish();
    return 'go-on';
  }
  const unregister = job.onCancel(() => {
    context.github.action_status = 'cancelled';
    if (!stillWanted(context, condition)) context.token.abort();
  });
  try {
    let runs: boolean;
    try {
      runs = !job.lost && evaluateCondition(condition, context.scope());
    } catch (error) {
      context.fail(error);
      context.setResult('failure');
      finish();
      return 'end';
    }
    if (!runs) {
      context.outcome = undefined;
      context.setResult('skipped');
      finish();
      return 'go-on';
    }
    job.emit({ kind: 'step-started', at: Date.now(), path: context.path, stage: context.stage, name, ...usesOf(step) });
    await runToConclusion(context, step);
    context.publish();
    finish();
    return 'go-on';
  } finally {
    unregister();
  }
}

async function runToConclusion(context: StepContext, step: PreparedStep): Promise<void> {
  try {
    await runBody(context, step);
  } catch (error) {
    if (!(error instanceof StepCancelled)) context.fail(error);
    context.setResult(error instanceof StepCancelled ? 'cancelled' : 'failure');
  }
  if (context.commandResult !== undefined) context.setResult(mergeResults(context.result, context.commandResult));
  if (context.result === 'failure' && continuesOnError(context, step)) {
    context.outcome = 'failure';
    context.setResult('success');
  }
}

async function runBody(context: StepContext, step: PreparedStep): Promise<void> {
  const { definition } = step;
  if (definition.uses === undefined) {
    context.github.action_repository = null;
    context.github.action_ref = null;
    await withFiles(context, () => runScript(context, definition));
    return;
  }
  if (step.action === undefined) readLocalAction(context, step);
  const { action } = step;
  if (action === undefined) throw new Error(`uses: ${definition.uses} was not read.`);
  if (context.stage !== 'post' && hasPost(action)) step.postRegistered = true;
  context.github.action_repository = action.local ? null : action.repository.name;
  context.github.action_ref = action.local ? null : action.repository.ref;
  const { runs } = action.definition;
  if (runs.using === 'composite') await runCompositeSteps(context, step, action, evaluateInputs(context, step, action));
  else {
    await withFiles(context, () =>
      runNode(context, action, runs, context.stage, evaluateInputs(context, step, action)),
    );
  }
}

function readLocalAction(context: StepContext, step: PreparedStep): void {
  const action = step.readLocal?.();
  if (action === undefined) return;
  step.action = action;
  if (action.definition.runs.using === 'node24' && action.definition.runs.pre !== undefined) {
    const message = `\`pre\` execution is not supported for local action from '${step.definition.uses}'`;
    context.job.annotate(context.path, { level: 'warning', message });
  }
}

async function withFiles(context: StepContext, run: () => Promise<number>): Promise<void> {
  const files = new StepFiles(context);
  try {
    const exitCode = await run();
    if (context.token.signal.aborted) throw new StepCancelled('cancelled');
    if (exitCode !== 0) context.result = 'failure';
  } finally {
    files.process();
  }
}

/** Runs the steps below a composite for one stage, then evaluates its outputs, also after a failure. */
async function runCompositeSteps(
  context: StepContext,
  step: PreparedStep,
  action: PreparedAction,
  inputs: Record<string, string>,
): Promise<void> {
  const siblings = context.stage === 'pre' ? new Map() : step.scope;
  for (const { child, condition } of stepsOfStage(action, context.stage)) {
    const inner = childContext(context, child, action, inputs, siblings);
    const next = await runStep(inner, child, condition);
    if (next === 'end') context.result = 'failure';
    else if (inner.result === 'failure' || inner.result === 'cancelled') {
      context.result = mergeResults(context.result, inner.result);
    }
    if (next === 'end') break;
  }
  if (context.stage !== 'main') return;
  const scope = context.scope({ inputs, steps: siblings });
  const outputs = action.definition.outputs.map(({ id, value }): [string, string] => [id, evaluateText(value, scope)]);
  for (const [name, value] of outputs) context.setOutput(name, value);
}

function stepsOfStage(action: PreparedAction, stage: Stage): { child: PreparedStep; condition: string }[] {
  if (stage === 'main') return action.steps.map((child) => ({ child, condition: child.definition.condition }));
  const chosen =
    stage === 'pre' ? action.steps.filter(hasPre) : action.steps.filter((child) => child.postRegistered).toReversed();
  return chosen.map((child) => ({ child, condition: stageCondition(child.action, stage) }));
}

/** `pre-if` and `post-if` of a node action; a composite's own stages always run and decide per step. */
export function stageCondition(action: PreparedAction | undefined, stage: 'pre' | 'post'): string {
  const runs = action?.definition.runs;
  if (runs === undefined || runs.using === 'composite') return 'always()';
  return stage === 'pre' ? runs.preIf : runs.postIf;
}

function childContext(
  parent: StepContext,
  child: PreparedStep,
  action: PreparedAction,
  inputs: Record<string, string>,
  siblings: StepContext['siblings'],
): StepContext {
  const { job, stage } = parent;
  const context = new StepContext({
    job,
    stage,
    path: child.path,
    embedded: true,
    id: child.definition.id ?? '',
    github: { ...job.github, action_path: action.directory, action_status: parent.result ?? 'success' },
    siblings,
    inputs,
    state: child.state,
  });
  context.env = new Map(job.environment);
  for (const key of parent.environmentOverrides) {
    context.environmentOverrides.add(key);
    context.env.set(key, parent.env.get(key) ?? '');
  }
  return context;
}
