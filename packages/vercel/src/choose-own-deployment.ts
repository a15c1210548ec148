import { classifyDeployment } from './classify-deployment.ts';
import type { VercelDeployment } from './vercel-types.ts';

/** Meta key that carries the release key (S6). */
export const RELEASE_META = 'opsRelease';

/**
 * Which deployment an earlier attempt of this release left behind: of two the earlier one stays, the others are closed
 * (S6). Failed, cancelled and blocked ones are not used again; one of another target never.
 */
export function chooseOwnDeployment(
  deployments: readonly VercelDeployment[],
  releaseKey: string,
  target: string | null,
): { use?: VercelDeployment; close: VercelDeployment[] } {
  const own = deployments
    .filter((one) => one.meta[RELEASE_META] === releaseKey && isTarget(one, target))
    .filter((one) => ['ready', 'building'].includes(classifyDeployment(one, false)))
    .sort((a, b) => a.createdAt - b.createdAt || a.id.localeCompare(b.id));
  const [use, ...close] = own;
  return { ...(use && { use }), close };
}

/** Whether a deployment belongs to a target; Vercel writes previews as `preview` or null. */
export function isTarget(deployment: VercelDeployment, target: string | null): boolean {
  return (deployment.target ?? 'preview') === (target ?? 'preview');
}
