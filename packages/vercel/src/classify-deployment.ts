import type { VercelDeployment } from './vercel-types.ts';

export type DeploymentKind = 'ready' | 'building' | 'failed' | 'blocked' | 'cancelled';

/**
 * What a deployment's state means for a release. Unknown states count as still building: the deadline ends them.
 * `awaitAlias`: it must also have taken its domains (trap 18: that may never come).
 */
export function classifyDeployment(deployment: VercelDeployment, awaitAlias: boolean): DeploymentKind {
  switch (deployment.readyState) {
    case 'READY':
      if (!awaitAlias || deployment.aliasAssigned) return 'ready';
      return deployment.aliasError ? 'failed' : 'building';
    case 'ERROR':
    case 'DELETED':
      return 'failed';
    case 'BLOCKED':
      return 'blocked';
    case 'CANCELED':
      return 'cancelled';
    default:
      return deployment.readyState.endsWith('_ERROR') ? 'failed' : 'building';
  }
}

/** Why Vercel refuses to build, who is meant, and what to do about it. */
export function describeBlocked(deployment: VercelDeployment, author: string | undefined): string {
  const who = author ? `commit author ${author}` : "the commit's author";
  const why = deployment.blockCode ? ` (${deployment.blockCode})` : '';
  const said = deployment.errorMessage ? ` Vercel says: "${deployment.errorMessage}".` : '';
  return `Vercel blocks deployment ${deployment.id}${why}: ${who} may not deploy this project.${said} Add the author to the Vercel team, or connect their Git account to their Vercel account, or release a commit of a member; then run again.`;
}

/** What went wrong with a build, in one line. */
export function describeFailed(deployment: VercelDeployment): string {
  if (deployment.readyState === 'DELETED') return `Deployment ${deployment.id} was deleted.`;
  if (deployment.readyState === 'READY') {
    return `Deployment ${deployment.id} is ready, but its domains could not be assigned: ${deployment.aliasError}.`;
  }
  const why = [deployment.errorCode, deployment.errorMessage].filter(Boolean).join(': ');
  return `The build of deployment ${deployment.id} failed${why ? ` (${why})` : ''}.`;
}
