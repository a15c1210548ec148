import type { EnvironmentSettings } from '#config/settings';
import type { VercelDeployment, VercelProject } from '#vercel/project';
import { commitOf } from './commit-of.ts';
import { readServed } from './move-domains.ts';
import { placeOf } from './read-environment.ts';
import type { DeployedCode } from './search-deployed-code.ts';

/** The commit that an environment serves, by Vercel's own word; undefined: nothing serves it, so no code can miss anything. */
export async function readDeployedCode(
  project: VercelProject,
  settings: EnvironmentSettings,
): Promise<DeployedCode | undefined> {
  const place = placeOf(settings);
  if (place.as !== 'production' && place.host === undefined)
    return { unknown: `ops.yml names no address of ${settings.environment} (url, or vercel.alias)` };
  const { deploymentId: currentDeploymentId, mixed } = await readServed(project, place);
  const current =
    mixed || currentDeploymentId === undefined ? undefined : await project.deployment(currentDeploymentId);
  return deployedCodeOf({ currentDeploymentId, current, mixed });
}

/** The same, of what was read already; `served` is undefined where Vercel could not be asked. Pure. */
export function deployedCodeOf(
  served:
    | { currentDeploymentId?: string | undefined; current: VercelDeployment | undefined; mixed: boolean }
    | undefined,
): DeployedCode | undefined {
  if (served === undefined) return { unknown: 'Vercel did not say what serves now' };
  const { currentDeploymentId, current, mixed } = served;
  // A domain without a deployment may be the first of several: the others are served by code all the same.
  if (mixed) return { unknown: 'the domains of production do not all serve the same deployment' };
  if (currentDeploymentId === undefined) return undefined;
  const commit = current === undefined ? undefined : commitOf(current);
  return commit === undefined ? { unknown: `Vercel names no commit of ${currentDeploymentId}` } : { commit };
}
