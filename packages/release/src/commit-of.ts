import type { VercelDeployment } from '#vercel/project';

/** Commit that a deployment was made from, by Vercel's own field first, then by its meta. */
export function commitOf(deployment: VercelDeployment): string | undefined {
  const { meta } = deployment;
  return deployment.gitSource?.sha ?? meta.githubCommitSha ?? meta.gitCommitSha ?? meta.opsCommit;
}
