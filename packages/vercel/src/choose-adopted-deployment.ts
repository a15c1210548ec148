import { isTarget } from './choose-own-deployment.ts';
import { classifyDeployment } from './classify-deployment.ts';
import type { VercelDeployment } from './vercel-types.ts';

/** What a deployment made by Vercel's Git integration must be, to be adopted for a release. */
export interface AdoptionTerms {
  projectId: string;
  target: string | null;
  sha: string;
  /** `o/r` and, where known, the stable id; the id wins. */
  repository: string;
  repositoryId?: number;
  /** Branches that may be built for this environment, without `refs/heads/`. */
  allowedRefs: readonly string[];
}

export interface Adoption {
  deployment?: VercelDeployment;
  /** Deployments of this commit that were refused, and why. */
  refused: { id: string; why: string }[];
}

/**
 * Chooses by Vercel's own fields only: project, target, git source, creator (S17); `meta` proves nothing. A ready one wins
 * over one that is building, that over a failed one; among equals the newest.
 */
export function chooseAdoptedDeployment(deployments: readonly VercelDeployment[], terms: AdoptionTerms): Adoption {
  const refused: Adoption['refused'] = [];
  const fit = deployments.filter((deployment) => {
    const why = whyNot(deployment, terms);
    if (why) refused.push({ id: deployment.id, why });
    return !why;
  });
  const order = { ready: 0, building: 1, blocked: 2, failed: 3, cancelled: 4 };
  const rank = (one: VercelDeployment): number => order[classifyDeployment(one, false)];
  const [deployment] = fit.sort((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt);
  return { ...(deployment && { deployment }), refused };
}

function whyNot(deployment: VercelDeployment, terms: AdoptionTerms): string | undefined {
  const { gitSource } = deployment;
  if (deployment.projectId !== terms.projectId) return `it belongs to project ${deployment.projectId}`;
  if (!isTarget(deployment, terms.target)) return `it was built for ${deployment.target ?? 'preview'}`;
  if (!gitSource) return 'Vercel does not say from which commit it was built (uploaded files)';
  if (gitSource.sha !== terms.sha) return `it was built from ${gitSource.sha ?? 'an unknown commit'}`;
  if (!isRepository(gitSource, terms)) return 'it was built from another repository';
  if (gitSource.fork) return 'it was built from a fork';
  if (gitSource.pullRequest !== undefined) return `it was built for pull request ${gitSource.pullRequest}`;
  const ref = gitSource.ref?.replace(/^refs\/heads\//, '');
  if (!ref || !terms.allowedRefs.includes(ref)) {
    return `it was built from branch ${ref ?? 'unknown'}; allowed: ${terms.allowedRefs.join(', ') || 'none'}`;
  }
  return deployment.creator ? undefined : 'Vercel does not say who made it';
}

function isRepository(git: NonNullable<VercelDeployment['gitSource']>, terms: AdoptionTerms): boolean {
  if (git.repositoryId !== undefined && terms.repositoryId !== undefined)
    return git.repositoryId === terms.repositoryId;
  return git.repository?.toLowerCase() === terms.repository.toLowerCase();
}
