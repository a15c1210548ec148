import type { EnvironmentSettings } from '#config/settings';
import type { VercelProject } from '#vercel/project';
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
  const { deploymentId } = await readServed(project, place);
  if (deploymentId === undefined) return undefined;
  const deployment = await project.deployment(deploymentId);
  const commit = deployment === undefined ? undefined : commitOf(deployment);
  return commit === undefined ? { unknown: `Vercel names no commit of ${deploymentId}` } : { commit };
}
