import type { Clock } from '#http/clock';
import { chooseOwnDeployment } from './choose-own-deployment.ts';
import type { DeployRequest } from './deploy-types.ts';
import { createVercelApi } from './vercel-api.ts';
import type { VercelDeployment, VercelProject } from './vercel-types.ts';

/** What the steps of one deployment share. */
export interface Context {
  project: VercelProject;
  request: DeployRequest;
  deadlineAt: number;
  clock: Clock;
  log(line: string): void;
}

/** Target as Vercel names it in a deployment; null is a preview. */
export function targetOf({ as, customEnvironment }: DeployRequest): string | null {
  if (as === 'alias') return null;
  return as === 'production' ? 'production' : (customEnvironment ?? null);
}

/** The deployment that an earlier attempt of this release created; a second one is cancelled (S6). */
export async function findOwn({ project, request, log }: Context): Promise<VercelDeployment | undefined> {
  const target = targetOf(request);
  const listed = await project.deployments({ limit: 100, ...(target && { target }) });
  const { use, close } = chooseOwnDeployment(listed, request.releaseKey, target);
  for (const other of close) {
    if (other.readyState === 'READY') continue;
    log(`${other.id} is a second deployment of this release and is cancelled; ${use?.id} stays`);
    await project.cancel(other.id).catch((error: Error) => log(error.message));
  }
  return use;
}

/** Cancels with a short deadline of its own, also when the run's signal has fired; a failure is only logged. */
export async function cancelQuietly({ project, request, log }: Context, deploymentId: string): Promise<void> {
  const { signal: _fired, ...connection } = request.connection;
  const api = createVercelApi({ ...connection, signal: AbortSignal.timeout(3_000) }, project.teamId);
  const path = `/v12/deployments/${encodeURIComponent(deploymentId)}/cancel`;
  try {
    await api.call({ method: 'PATCH', path }, `Cancelling ${deploymentId}`);
    log(`${deploymentId} was cancelled`);
  } catch (error) {
    log(error instanceof Error ? error.message : String(error));
  }
}

/** A deadline for people. */
export function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 6_000) / 10} min`;
}
