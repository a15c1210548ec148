import { setTimeout as delay } from 'node:timers/promises';
import type { Sandbox } from './sandbox-types.ts';

/** A deployment as the API tells it, as far as tests look at it. */
export interface ToldDeployment {
  id: string;
  url: string;
  readyState: string;
  readySubstate?: string;
  target: string | null;
  aliasAssigned: boolean;
  errorCode?: string;
  errorMessage?: string;
  meta: Record<string, string>;
  gitSource?: { repoId: number; sha: string; ref: string; prId?: number };
  source: string;
}

/** One call to the sandbox's Vercel with token and team. */
export async function callVercel(
  sandbox: Sandbox,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; json: Record<string, never> & { error?: { code: string; message: string } } }> {
  const { apiUrl, token, teamId } = sandbox.description.vercel;
  const url = new URL(path, apiUrl);
  if (!url.searchParams.has('teamId')) url.searchParams.set('teamId', teamId);
  const answer = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? {} : JSON.parse(text) };
}

/**
 * Deploys inline files and waits until the build has ended, however it ends; in a first deployment of a project also
 * until it is production. For tests: @vercel/client asks only once a second.
 */
export async function deployFiles(
  sandbox: Sandbox,
  files: Record<string, string>,
  more: Record<string, unknown> = {},
): Promise<ToldDeployment> {
  const { projectId } = sandbox.description.vercel;
  const created = await callVercel(sandbox, 'POST', `/v13/deployments${more.prebuilt ? '?prebuilt=1' : ''}`, {
    name: 'notes-app',
    project: projectId,
    files: Object.entries(files).map(([file, data]) => ({ file, data })),
    ...more,
  });
  if (created.status !== 200) throw new Error(`${created.status} ${JSON.stringify(created.json)}`);
  const { id } = created.json as unknown as ToldDeployment;
  for (;;) {
    const told = (await callVercel(sandbox, 'GET', `/v13/deployments/${id}`)).json as unknown as ToldDeployment;
    const ended = !['QUEUED', 'INITIALIZING', 'BUILDING'].includes(told.readyState);
    const waitsForDomains = told.readyState === 'READY' && sandbox.vercel.project.productionDeploymentId === undefined;
    if (ended && !(waitsForDomains && told.target === 'production')) return told;
    await delay(5);
  }
}
