import { evaluateBoolean, evaluateCondition, evaluateText } from './expressions.ts';
import type { PreparedAction, PreparedStep } from './prepare-actions.ts';
import type { StepContext } from './step-context.ts';

/** A step `env:` that throws fails the step; inside a composite the step runs nevertheless (CompositeActionHandler.cs). */
export function evaluateEnvironment(context: StepContext, step: PreparedStep): boolean {
  try {
    const scope = context.scope();
    const values = step.definition.env.map(([name, value]): [string, string] => [name, evaluateText(value, scope)]);
    for (const [name, value] of values) {
      context.env.set(name, value);
      context.environmentOverrides.add(name);
    }
    return true;
  } catch (error) {
    context.fail(error);
    context.setResult('failure');
    return false;
  }
}

/** `with` plus defaults. `required` is not enforced and unexpected inputs only warn, as on GitHub. */
export function evaluateInputs(
  context: StepContext,
  step: PreparedStep,
  action: PreparedAction,
): Record<string, string> {
  const scope = context.scope();
  const inputs = Object.fromEntries(step.definition.with.map(([name, value]) => [name, evaluateText(value, scope)]));
  const given = new Map(Object.keys(inputs).map((name) => [name.toLowerCase(), name]));
  const declared = action.definition.inputs;
  const warn = (message: string): void => context.job.annotate(context.path, { level: 'warning', message });
  for (const { id, default: fallback, deprecationMessage } of declared) {
    const isGiven = given.has(id.toLowerCase());
    if (isGiven && deprecationMessage) warn(`Input '${id}' has been deprecated with message: ${deprecationMessage}`);
    if (!isGiven) inputs[id] = evaluateText(fallback, scope);
  }
  const valid = new Set(declared.map(({ id }) => id.toLowerCase()));
  const unexpected = [...given.values()].filter((name) => !valid.has(name.toLowerCase()));
  if (unexpected.length > 0) {
    const list = declared.map(({ id }) => id).join("', '");
    warn(`Unexpected input(s) '${unexpected.join("', '")}', valid inputs are ['${list}']`);
  }
  return inputs;
}

/** `continue-on-error`; one that throws counts as false. */
export function continuesOnError(context: StepContext, step: PreparedStep): boolean {
  const { continueOnError } = step.definition;
  if (continueOnError === undefined) return false;
  try {
    return evaluateBoolean(continueOnError, context.scope());
  } catch (error) {
    context.fail('The step failed and an error occurred when attempting to determine whether to continue on error.');
    context.fail(error);
    return false;
  }
}

/** Whether a running step goes on after a cancellation: its condition is asked again. */
export function stillWanted(context: StepContext, condition: string): boolean {
  try {
    return evaluateCondition(condition, context.scope());
  } catch (error) {
    context.fail(error);
    return false;
  }
}

/** The name of a step for people; never throws. */
export function displayName(context: StepContext, step: PreparedStep): string {
  const { definition } = step;
  const prefix = { pre: 'Pre ', main: '', post: 'Post ' }[context.stage];
  try {
    const text =
      definition.name === undefined
        ? `Run ${definition.uses ?? evaluateText(definition.run, context.scope())}`
        : evaluateText(definition.name, context.scope());
    return prefix + context.job.masker.mask(text.trimStart().split('\n')[0] ?? '');
  } catch {
    return prefix + (definition.id ?? definition.uses ?? 'Run');
  }
}
