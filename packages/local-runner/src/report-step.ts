import type { StepReport } from './events.ts';
import type { PreparedStep } from './prepare-actions.ts';
import type { Result } from './results.ts';
import type { StepContext } from './step-context.ts';

/** `uses` for events and reports of steps that have one. */
export const usesOf = (step: PreparedStep): { uses?: string } =>
  step.definition.uses === undefined ? {} : { uses: step.definition.uses };

/** Writes the end of a step into the report and tells it, secrets masked. */
export function reportStep(context: StepContext, step: PreparedStep, name: string, startedAt: number): void {
  const { job, path, stage } = context;
  const conclusion: Result = context.result ?? 'success';
  const outcome: Result = context.outcome ?? conclusion;
  const endedAt = Date.now();
  const outputs = Object.fromEntries(
    Object.entries(context.outputs()).map(([key, value]) => [key, job.masker.mask(value)]),
  );
  const ended: StepReport = {
    ...(step.definition.id === undefined ? {} : { id: step.definition.id }),
    ...usesOf(step),
    ...(context.error === undefined ? {} : { error: job.masker.mask(context.error) }),
    name,
    path,
    stage,
    outcome,
    conclusion,
    outputs: stage === 'main' ? outputs : {},
    startedAt,
    endedAt,
  };
  job.steps.push(ended);
  job.emit({ kind: 'step-ended', at: endedAt, path, step: ended });
}
