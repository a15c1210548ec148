import { isTarget } from './choose-own-deployment.ts';
import type { VercelDeployment } from './vercel-types.ts';

/** Meta key of a deployment against the database of a drill; its value is the environment that is rebuilt. */
export const DRILL_META = 'opsDrill';

/**
 * What drills of an environment left behind, those that died among them. The mark is a claim (S17), and what is chosen is deleted:
 * so nothing but a preview that no name points at is taken. Pure.
 */
export function chooseDrillDeployments(
  deployments: readonly VercelDeployment[],
  environment: string,
  /** Ids of what the production domains serve. */
  serving: readonly string[],
): VercelDeployment[] {
  return deployments.filter(
    (one) => one.meta[DRILL_META] === environment && isTarget(one, null) && !serving.includes(one.id),
  );
}
