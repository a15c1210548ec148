import type { ProjectState, VercelDeployment } from './vercel-types.ts';

/** What must hold before anything is sent. A rollback does not need auto-assignment to be readable: it is the way back (trap 24). */
export function refuseMove(
  move: { type: 'promote' | 'rollback'; target: string },
  state: ProjectState,
  deployment: VercelDeployment | undefined,
): { reasonCode: string; message: string } | undefined {
  const { target, type } = move;
  const nothing = 'Nothing was sent.';
  if (!deployment) {
    const message = `Deployment ${target} does not exist in project ${state.name} any more. ${nothing} Choose another deployment.`;
    return { reasonCode: 'target_gone', message };
  }
  if (deployment.target !== 'production') {
    // Promoting a preview rebuilds it under a new id (trap 17).
    const message = `Deployment ${target} was built for ${deployment.target ?? 'preview'}, not for production. ${nothing} Deploy it for production first.`;
    return { reasonCode: 'not_a_production_deployment', message };
  }
  if (deployment.readyState !== 'READY') {
    const message = `Deployment ${target} is ${deployment.readyState}, not READY. ${nothing}`;
    return { reasonCode: 'target_not_ready', message };
  }
  if (type === 'promote' && state.autoAssign === undefined) {
    const message = `Vercel does not say whether project ${state.name} assigns production domains by itself (autoAssignCustomDomains is missing), so it could not be restored after a promotion. ${nothing} Use a token that may read the project's settings.`;
    return { reasonCode: 'auto_assign_unknown', message };
  }
  return undefined;
}
