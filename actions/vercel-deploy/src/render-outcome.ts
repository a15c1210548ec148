import type { Result } from '#action-kit/result';
import type { DeployOutcome } from '#vercel/deploy';
import { addressOf } from '#vercel/deployment-address';

/** The end of a deployment as outputs; a deployment that was cancelled in Vercel is a failed one. */
export function renderOutcome(outcome: DeployOutcome, apiUrl: string, now: number): Result {
  const { deployment, message, reasonCode, adopted, live } = outcome;
  const url = deployment?.url ? addressOf(deployment.url, apiUrl) : undefined;
  return {
    decision: outcome.outcome === 'cancelled' ? 'failed' : outcome.outcome,
    reasonCode,
    summary: message,
    failed: outcome.outcome !== 'ready',
    details: {
      ...(deployment && { deploymentId: deployment.id, readyState: deployment.readyState }),
      ...(url && { url }),
      adopted,
      live: live ?? false,
      endedAt: now / 1000,
    },
    outputs: {
      ...(deployment && { 'deployment-id': deployment.id }),
      ...(url && { 'deployment-url': url }),
    },
  };
}
