import type { Result } from '#action-kit/result';
import { writeAppUrls } from '#probe/app-checks';
import type { DeployOutcome } from '#vercel/deploy';
import { addressOf } from '#vercel/deployment-address';
import type { DeployedApp } from './deploy-apps.ts';

/** The end of a deployment as outputs; a deployment that was cancelled in Vercel is a failed one. */
export function renderOutcome(
  outcome: DeployOutcome,
  apiUrl: string,
  now: number,
  apps: readonly DeployedApp[] = [],
): Result {
  const { deployment, message, reasonCode, adopted, live } = outcome;
  const url = deployment?.url ? addressOf(deployment.url, apiUrl) : undefined;
  const others = apps.map((app) => ({ name: app.name, ...placeOf(app.outcome, apiUrl) }));
  const addresses = others.flatMap(({ name, url: own }) => (own === undefined ? [] : [{ name, url: own }]));
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
      ...(others.length > 0 && { apps: others }),
      endedAt: now / 1000,
    },
    outputs: {
      ...(deployment && { 'deployment-id': deployment.id }),
      ...(url && { 'deployment-url': url }),
      ...(addresses.length > 0 && { 'app-urls': writeAppUrls(addresses) }),
    },
  };
}

function placeOf({ deployment, outcome }: DeployOutcome, apiUrl: string) {
  return {
    outcome,
    ...(deployment && { deploymentId: deployment.id }),
    ...(deployment?.url && { url: addressOf(deployment.url, apiUrl) }),
  };
}
