import { systemClock } from '#http/clock';
import { adoptDeployment } from './adopt-deployment.ts';
import { type Context, findOwn, targetOf } from './deploy-context.ts';
import type { DeployOutcome, DeployRequest } from './deploy-types.ts';
import { finishDeployment } from './finish-deployment.ts';
import { uploadDeployment } from './upload-deployment.ts';
import type { VercelProject } from './vercel-types.ts';

export type * from './deploy-types.ts';

/**
 * Brings one deployment of this release to READY, or says why not, within the deadline. What an earlier attempt of the same
 * release created is used again (S6). Throws VercelError for what keeps Vercel from being asked, and the abort reason after
 * cancelling what it created.
 */
export async function createDeployment(project: VercelProject, request: DeployRequest): Promise<DeployOutcome> {
  const clock = request.connection.clock ?? systemClock;
  const deadlineAt = clock.now() + request.deadlineMs;
  const context: Context = { project, request, deadlineAt, clock, log: request.connection.log ?? (() => {}) };
  if (request.build === 'adopt') {
    const adopted = await adoptDeployment(context, targetOf(request));
    return adopted.deployment
      ? finishDeployment(context, adopted.deployment.id, { adopted: true, ours: false, live: false })
      : adopted.outcome;
  }
  const state = await project.readState();
  const refused = refuseVariables(request, state.currentDeploymentId);
  if (refused) return refused;
  const own = await findOwn(context);
  const current = state.currentDeploymentId;
  const live = request.as === 'production' && (current === undefined || current === own?.id);
  if (live) context.log('This is the first deployment of this project: Vercel makes it live at once.');
  if (own) {
    context.log(`${own.id} was created by an earlier attempt of this release and is used again`);
    return finishDeployment(context, own.id, { adopted: true, ours: true, live });
  }
  const created = await uploadDeployment(context, state);
  return 'outcome' in created ? created : finishDeployment(context, created.id, { adopted: false, ours: true, live });
}

/** Variables of one deployment never reach production, where Vercel takes a project's very first one, too (facts §3.6). Pure. */
function refuseVariables({ environment, as }: DeployRequest, current: string | undefined): DeployOutcome | undefined {
  if (environment === undefined || (as === 'alias' && current !== undefined)) return undefined;
  const why =
    as === 'alias'
      ? 'this project has no production yet, and Vercel makes its first deployment live at once'
      : 'what is promoted keeps its variables';
  const message = `Variables of a single deployment are only for a preview: ${why}. Nothing was sent.`;
  return { outcome: 'failed', reasonCode: 'variables_not_for_production', message, adopted: false };
}
