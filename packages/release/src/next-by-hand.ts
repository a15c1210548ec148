import type { MoveOutcome } from '#vercel/project';
import { commandOn } from './command-line.ts';

/** Vercel's reasons that only another target can mend. */
const unusable = new Set([
  'target_gone',
  'target_not_eligible',
  'target_not_ready',
  'not_a_production_deployment',
  'vercel_not_found',
  'apps_unknown',
]);

const gone = new Set(['target_gone', 'vercel_not_found']);

export function needsAnotherTarget({ reasonCode }: Pick<MoveOutcome, 'reasonCode'>): boolean {
  return unusable.has(reasonCode);
}

/**
 * The next command where a way back did not reach all that it was asked for: what is left of it by Vercel's own CLI, or, where the
 * deployment is gone, another target for all. Pure.
 */
export function nextByHand(
  environment: { environment: string; production: boolean },
  moved: Pick<MoveOutcome, 'apps'>,
  deploymentId: string,
): string {
  const left = moved.apps?.filter((one) => one.outcome !== 'moved' && one.outcome !== 'already-current') ?? [];
  if (left.some(({ reasonCode }) => gone.has(reasonCode))) {
    const rollback = commandOn(environment, 'rollback', { target: '<one of them>' });
    return `Next, at once: ${commandOn(environment, 'releases')}, then ${rollback}, which takes every project there`;
  }
  const ids = left.length === 0 ? [deploymentId] : left.map((one) => one.deploymentId);
  const commands = ids.map((id) => `vercel rollback ${id}`).join(', ');
  return `Next, at once: ${commands}, or in the Vercel dashboard Deployments > ... > Instant Rollback`;
}
