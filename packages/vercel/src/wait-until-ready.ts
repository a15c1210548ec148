import type { Clock } from '#http/clock';
import { classifyDeployment, type DeploymentKind } from './classify-deployment.ts';
import { VercelError } from './vercel-error.ts';
import type { VercelDeployment, VercelProject } from './vercel-types.ts';

/** How long a new deployment may stay unknown to reads before it counts as gone. */
const APPEARS_WITHIN_MS = 15_000;

export interface WaitOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  log(line: string): void;
  /** Milliseconds since the epoch. */
  deadlineAt: number;
  awaitAlias: boolean;
}

export type Waited =
  | { kind: Exclude<DeploymentKind, 'building'>; deployment: VercelDeployment }
  | { kind: 'timed-out' | 'gone'; deployment?: VercelDeployment };

/** Reads a deployment until its state is final or the deadline has passed; a read that fails for a moment is repeated. */
export async function waitUntilReady(
  project: VercelProject,
  deploymentId: string,
  options: WaitOptions,
): Promise<Waited> {
  const { clock, log, deadlineAt } = options;
  const startedAt = clock.now();
  let deployment: VercelDeployment | undefined;
  let shown = '';
  for (;;) {
    try {
      const read = await project.deployment(deploymentId);
      if (!read && (deployment || clock.now() - startedAt > APPEARS_WITHIN_MS))
        return { kind: 'gone', ...(deployment && { deployment }) };
      deployment = read ?? deployment;
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (!(error instanceof VercelError) || !/^vercel_(unreachable|rate_limited)$/.test(error.reasonCode)) throw error;
      log(error.message);
    }
    const elapsed = clock.now() - startedAt;
    if (deployment && deployment.readyState !== shown) {
      shown = deployment.readyState;
      log(`${deployment.id} is ${shown} after ${(elapsed / 1000).toFixed(1)} s`);
    }
    const kind = deployment ? classifyDeployment(deployment, options.awaitAlias) : 'building';
    if (deployment && kind !== 'building') return { kind, deployment };
    const left = deadlineAt - clock.now();
    if (left <= 0) return { kind: 'timed-out', ...(deployment && { deployment }) };
    await clock.sleep(Math.min(pauseAfter(elapsed), left), options.signal);
  }
}

// Small sites are ready within a second or two; long builds should not use up the rate limit.
function pauseAfter(elapsed: number): number {
  if (elapsed < 5_000) return 250;
  return elapsed < 60_000 ? 1_000 : 5_000;
}
