import { z } from 'zod';
import { deploymentAnswer, toDeployment } from './deployment-answer.ts';
import { readAnswer, type VercelApi } from './vercel-api.ts';
import type { DeploymentFilter, VercelDeployment } from './vercel-types.ts';

const PAGE = 100;
const listAnswer = z.looseObject({
  deployments: z.array(deploymentAnswer),
  pagination: z.looseObject({ next: z.number().nullish() }).optional(),
});

/** Deployments of one project, newest first; pages are followed until `limit` are found. Lists carry no git source. */
export async function listDeployments(
  api: VercelApi,
  projectId: string,
  { limit = 20, until, ...filter }: DeploymentFilter,
): Promise<VercelDeployment[]> {
  const what = `Listing deployments of project ${projectId}`;
  const found = new Map<string, VercelDeployment>();
  for (let before = until; found.size < limit; ) {
    const query = { projectId, ...filter, limit: Math.min(PAGE, limit), until: before };
    const answer = await api.call({ path: '/v7/deployments', query }, what);
    const { deployments, pagination } = readAnswer(answer, listAnswer, what);
    for (const item of deployments) {
      // Asked for one project; an item that does not repeat it is still this project's.
      const deployment = toDeployment({ ...item, projectId: item.projectId ?? projectId });
      if (deployment?.projectId === projectId) found.set(deployment.id, deployment);
    }
    const next = pagination?.next;
    if (!next || deployments.length === 0 || (before !== undefined && next >= before)) break;
    before = next;
  }
  return [...found.values()].sort((a, b) => b.createdAt - a.createdAt || b.id.localeCompare(a.id)).slice(0, limit);
}
