import { describeBlocked, describeFailed } from './classify-deployment.ts';
import { type Context, cancelQuietly, minutes } from './deploy-context.ts';
import type { DeployOutcome } from './deploy-types.ts';
import { waitUntilReady } from './wait-until-ready.ts';

/** Waits for the end of a deployment and says it in one line; what is ours and did not get there is cancelled. */
export async function finishDeployment(
  context: Context,
  deploymentId: string,
  known: { adopted: boolean; ours: boolean; live: boolean },
): Promise<DeployOutcome> {
  const { project, request, log } = context;
  const { connection } = request;
  const awaitAlias = request.as === 'production' && !request.staged;
  const { adopted } = known;
  try {
    const waited = await waitUntilReady(project, deploymentId, { ...context, signal: connection.signal, awaitAlias });
    const { deployment } = waited;
    const base = { adopted, ...(deployment && { deployment }), ...(known.live && { live: true }) };
    switch (waited.kind) {
      case 'ready': {
        const how = known.live
          ? 'ready, and live: it is the first of this project'
          : awaitAlias
            ? 'ready and live'
            : 'ready, without production traffic';
        return {
          outcome: 'ready',
          reasonCode: 'ready',
          message: `${deploymentId} is ${request.as === 'production' ? how : 'ready'}.`,
          ...base,
        };
      }
      case 'blocked':
        return {
          outcome: 'blocked',
          reasonCode: 'commit_author_blocked',
          message: describeBlocked(waited.deployment, request.git.author),
          ...base,
        };
      case 'cancelled':
        return {
          outcome: 'cancelled',
          reasonCode: 'deployment_cancelled',
          message: `Deployment ${deploymentId} was cancelled in Vercel. Nothing was promoted; run again.`,
          ...base,
        };
      case 'failed': {
        const lines = await project
          .buildLog(deploymentId)
          .catch((error: Error) => [`(no build log: ${error.message})`]);
        for (const line of lines) log(`build: ${line}`);
        const last = lines.length > 0 ? ` Last lines of the build log: ${lines.slice(-3).join(' | ')}` : '';
        return {
          outcome: 'failed',
          reasonCode: 'build_failed',
          message: `${describeFailed(waited.deployment)}${last}`,
          ...base,
        };
      }
      case 'gone':
        return {
          outcome: 'failed',
          reasonCode: 'deployment_gone',
          message: `Deployment ${deploymentId} does not exist any more. Nothing was promoted; run again.`,
          ...base,
        };
      default: {
        if (known.ours && deployment?.readyState !== 'READY') await cancelQuietly(context, deploymentId);
        const what =
          deployment?.readyState === 'READY'
            ? 'is ready, but its domains were not assigned'
            : `is still ${deployment?.readyState ?? 'unknown'}`;
        const done = known.ours && deployment?.readyState !== 'READY' ? ' It was cancelled.' : '';
        return {
          outcome: 'timed-out',
          reasonCode: deployment?.readyState === 'READY' ? 'alias_not_assigned' : 'deployment_timed_out',
          message: `Deployment ${deploymentId} ${what} after ${minutes(request.deadlineMs)}.${done} Raise the deadline, or look at its build in Vercel.`,
          ...base,
        };
      }
    }
  } catch (error) {
    // The run was cancelled before anything was promoted: what was created is undone (design §5).
    if (connection.signal?.aborted && known.ours) await cancelQuietly(context, deploymentId);
    throw error;
  }
}
