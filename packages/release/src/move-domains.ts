import type { MoveOutcome, ProjectState, VercelProject } from '#vercel/project';
import type { EnvironmentKind } from './release-handle.ts';

/** Where an environment lives on Vercel. */
export interface EnvironmentPlace {
  as: EnvironmentKind;
  /** Host to alias; needed unless `as` is `production`. */
  host?: string | undefined;
}

/** What the addresses of an environment serve; undefined when Vercel names nothing, `mixed` when they differ. */
export async function readServed(
  project: VercelProject,
  place: EnvironmentPlace,
  known?: ProjectState,
): Promise<{ deploymentId: string | undefined; mixed: boolean; hosts: string[] }> {
  if (place.as !== 'production') {
    const host = hostOf(place);
    return { deploymentId: await project.servedBy(host), mixed: false, hosts: [host] };
  }
  const state = known ?? (await project.readState());
  const served = await Promise.all(state.productionDomains.map((host) => project.servedBy(host)));
  const [first] = served;
  return {
    deploymentId: state.productionDomains.length === 0 ? state.currentDeploymentId : first,
    mixed: served.some((id) => id !== first),
    hosts: state.productionDomains,
  };
}

/** Assigns the address of an environment that is not `production`: never promote or rollback there (design §5). */
export async function moveAlias(
  project: VercelProject,
  place: EnvironmentPlace,
  deploymentId: string,
  now: () => number,
): Promise<MoveOutcome> {
  const host = hostOf(place);
  const requestedAt = now();
  if ((await project.servedBy(host)) === deploymentId) {
    return {
      outcome: 'already-current',
      reasonCode: 'already_current',
      message: `${host} already serves ${deploymentId}; nothing was sent.`,
      requestedAt,
      settledAt: now(),
      requests: 0,
    };
  }
  await project.assignAlias(deploymentId, host);
  const served = await project.servedBy(host);
  if (served !== deploymentId) {
    return {
      outcome: 'failed',
      reasonCode: 'domains_not_moved',
      message: `Vercel took the alias, but ${host} is served by ${served ?? 'nothing of this project'}.`,
      requestedAt,
      requests: 1,
    };
  }
  const message = `${host} moved to ${deploymentId}.`;
  return { outcome: 'moved', reasonCode: 'aliased', message, requestedAt, settledAt: now(), requests: 1 };
}

function hostOf(place: EnvironmentPlace): string {
  if (place.host !== undefined) return place.host;
  throw new Error(`the address of this environment is not known: set vercel.alias (or url) for as: ${place.as}`);
}
