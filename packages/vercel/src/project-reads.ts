import { z } from 'zod';
import { projectAnswer } from './project-answer.ts';
import { readAnswer, type VercelApi } from './vercel-api.ts';
import { VercelError } from './vercel-error.ts';
import type { VercelConnection } from './vercel-types.ts';

/** The project as Vercel answers it, and Vercel's clock in milliseconds. @throws VercelError project_not_found, ids_swapped and others. */
export async function readProject(api: VercelApi, project: string, connection: VercelConnection, signal?: AbortSignal) {
  const what = `Reading Vercel project ${project}`;
  try {
    const path = `/v9/projects/${encodeURIComponent(project)}`;
    const answer = await api.call({ path, signal }, what);
    const at = Date.parse(answer.headers.get('date') ?? '');
    return { answer: readAnswer(answer, projectAnswer, what), serverTime: Number.isNaN(at) ? undefined : at };
  } catch (error) {
    if (!(error instanceof VercelError) || (error.status !== 404 && error.status !== 403)) throw error;
    const { team } = connection;
    if (project.startsWith('team_') || team?.startsWith('prj_')) {
      const given = [
        ...(project.startsWith('team_') ? [`vercel-project is the id of a team (${project})`] : []),
        ...(team?.startsWith('prj_') ? [`vercel-team is the id of a project (${team})`] : []),
      ].join(' and ');
      throw new VercelError('ids_swapped', `${what}: ${given}.`, { status: error.status, cause: error });
    }
    if (error.status === 403) throw error;
    const where = connection.team
      ? `in team ${connection.team}`
      : 'in the personal account of this token (no vercel-team is given)';
    throw new VercelError(
      'project_not_found',
      `There is no Vercel project ${project} ${where} that this token can see. Check vercel-project and vercel-team, and the scope of the token.`,
      { status: 404, cause: error },
    );
  }
}

/** GET /v4/aliases/{host}. */
export const aliasAnswer = z
  .looseObject({ alias: z.string().optional(), deploymentId: z.string().nullish(), projectId: z.string().nullish() })
  // What is no alias must not be taken for one that points at nothing.
  .refine(({ alias, deploymentId }) => alias !== undefined || deploymentId !== undefined, 'no alias');
/** GET /v2/deployments/{id}/aliases: what points at it now; `alias` of the deployment itself is what was assigned when it was made. */
export const aliasesAnswer = z.looseObject({ aliases: z.array(z.looseObject({ alias: z.string() })) });
/** GET /v10/projects/{id}/env; values are looked at for emptiness only. */
export const namesAnswer = z.looseObject({
  envs: z.array(
    z.looseObject({
      key: z.string(),
      target: z.union([z.string(), z.array(z.string())]).nullish(),
      type: z.string().nullish(),
      value: z.string().nullish(),
      createdAt: z.number().nullish(),
      updatedAt: z.number().nullish(),
    }),
  ),
});

/** Variables of a target that were added or changed after a time (milliseconds), each name once. Pure. */
export function namesChangedSince(envs: z.output<typeof namesAnswer>['envs'], target: string, since: number): string[] {
  const changed = envs.filter(
    (env) => [env.target ?? []].flat().includes(target) && (env.updatedAt ?? env.createdAt ?? 0) > since,
  );
  return [...new Set(changed.map(({ key }) => key))].toSorted();
}
