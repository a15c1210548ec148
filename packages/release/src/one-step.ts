import type { EnvironmentSettings } from '#config/settings';
import type { ProjectState, VercelDeployment } from '#vercel/project';

/** Where the plan goes back one step only, that step, and what happens to whoever wants to go further. */
export interface OneStep {
  deploymentId: string;
  /** False where the configuration forbids to promote what cannot be rolled back to (`rollback.app.method: vercel-rollback`). */
  promotes: boolean;
}

/**
 * On Hobby, Vercel rolls back only to the deployment that served right before (facts §3.3), and answers 402 otherwise. The plan is
 * in the project's own answer (`targets.production.plan`), so this is known beforehand and costs no request. Undefined on every
 * other plan, where the plan is not told, and where nobody knows what served before. Pure.
 */
export function oneStepOf(
  state: Pick<ProjectState, 'plan' | 'currentDeploymentId' | 'lastAliasRequest'>,
  { vercel }: Pick<EnvironmentSettings, 'vercel'>,
  deployments: readonly VercelDeployment[],
): OneStep | undefined {
  const { plan, currentDeploymentId: current, lastAliasRequest: last } = state;
  if (plan !== 'hobby' || current === undefined) return undefined;
  const moved = last?.jobStatus === 'succeeded' && last.toDeploymentId === current ? last.fromDeploymentId : undefined;
  const served = deployments
    .filter(({ id, isRollbackCandidate, readySubstate }) => {
      return id !== current && (isRollbackCandidate === true || readySubstate === 'PROMOTED');
    })
    .toSorted((one, other) => other.createdAt - one.createdAt);
  const deploymentId = moved ?? served[0]?.id;
  return deploymentId === undefined ? undefined : { deploymentId, promotes: vercel.rollbackFallback !== 'none' };
}

/** What to say of a deployment that is further back than the plan goes; undefined of any other. Pure. */
export function beyondOneStep(step: OneStep | undefined, deploymentId: string): string | undefined {
  if (step === undefined || step.deploymentId === deploymentId) return undefined;
  const why = `beyond the plan's one step: on Hobby Vercel rolls back only to ${step.deploymentId}, which served right before`;
  return step.promotes
    ? `${why}; it is promoted instead`
    : `${why}, and the configuration forbids to promote it instead`;
}
