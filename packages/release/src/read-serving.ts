import type { Clock } from '#http/clock';
import type { VercelProject } from '#vercel/project';
import type { RollbackFacts } from './decide-rollback-needed.ts';
import { type EnvironmentPlace, readServed } from './move-domains.ts';

/** How long a promotion whose step died may still be under way at Vercel; milliseconds. */
const settleMs = 60_000;
/** A request that was sent right before the step died may not show yet. */
const showsWithinMs = 2_000;
const pollMs = 500;

/**
 * What the domains serve after a promotion that did not end cleanly: waits until Vercel is done with our request, because
 * "the old one" would otherwise only mean "not yet".
 */
export async function readServing(
  { project, clock }: { project: VercelProject; clock: Clock },
  place: EnvironmentPlace,
  deploymentId: string,
): Promise<RollbackFacts['serving']> {
  const startedAt = clock.now();
  for (;;) {
    const [state, served] = await Promise.all([project.readState(), readServed(project, place)]);
    const request = state.lastAliasRequest;
    const running =
      request !== undefined &&
      request.toDeploymentId === deploymentId &&
      (request.jobStatus === 'pending' || request.jobStatus === 'in-progress');
    const waited = clock.now() - startedAt;
    const final = served.deploymentId === deploymentId && !served.mixed;
    if (final && !running) return 'new';
    if (state.rollingRelease && (await isCanary(project, deploymentId))) return 'rolling';
    if (waited >= (running ? settleMs : showsWithinMs)) {
      if (served.mixed) return 'mixed';
      return final ? 'new' : running ? 'pending' : 'other';
    }
    await clock.sleep(pollMs);
  }
}

async function isCanary(project: VercelProject, deploymentId: string): Promise<boolean> {
  const rolling = await project.rolling.read();
  return rolling?.state === 'ACTIVE' && rolling.canaryDeploymentId === deploymentId;
}
