import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import { describeLock, type Lock } from './lock.ts';
import { type EnvironmentPlace, moveAlias, readServed } from './move-domains.ts';
import { nextByHand } from './next-by-hand.ts';

/**
 * Puts back what a rollback's lock names when our own promotion landed after it (S1), and says what is served now.
 * Nothing is sent when production does not serve our deployment.
 */
export async function giveWay(
  { project, clock }: { project: VercelProject; clock: Clock },
  given: EnvironmentPlace & { environment: string; production: boolean; deploymentId: string; lock: Lock },
): Promise<string> {
  const { lock, deploymentId } = given;
  const back = lock.target?.deploymentId;
  const served = await readServed(project, given);
  const landed = back !== undefined && back !== deploymentId && (served.deploymentId === deploymentId || served.mixed);
  if (!landed) return `${describeLock(lock)} Now serving: ${served.deploymentId ?? 'nothing of this project'}.`;
  const put =
    given.as === 'production'
      ? await project.rollBack(back, {
          description: `put back: ${lock.reason}`.slice(0, 250),
          ...(lock.target?.apps && { apps: lock.target.apps }),
        })
      : await moveAlias(project, given, back, () => clock.now());
  // The rollback that holds the lock may have won in between; where only some domains or apps are back it has not.
  const now = put.outcome === 'failed' ? await readServed(project, given) : undefined;
  if (now === undefined || (now.deploymentId === back && !now.mixed)) {
    return `${describeLock(lock)} The promotion had landed after it and was taken back: ${back} is served.`;
  }
  return `${describeLock(lock)} The promotion had landed after it and could not be taken back: ${put.message} ${nextByHand(given, put, back)}`;
}
