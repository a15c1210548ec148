import { z } from 'zod';
import type { GitHub } from '#github/client';
import { cleanText } from '#http/text';
import { descriptionLimit } from './release-record.ts';

/** Task of every GitHub Deployment that says that a pool was raised for a time. */
const poolTask = 'ops-actions:pool-size';

const payload = z.object({
  schemaVersion: z.literal(1),
  project: z.string(),
  /** What to put back. */
  former: z.number().int().positive(),
  raised: z.number().int().positive(),
  /** A duration in milliseconds: the end is counted from the server's own time of creation. Absent: for good. */
  forMs: z.number().optional(),
  by: z.string(),
});

export type PoolRecord = z.infer<typeof payload>;

/** A raise of which nothing says that it is over. */
export interface OpenRaise extends PoolRecord {
  id: number;
  /** Milliseconds since the epoch, by GitHub's clock. Infinite: for good. */
  dueAt: number;
}

/** Raises that are read: who raises more often than that has another problem. */
const recordLimit = 10;

/** The raises of a project that are not over, newest first. @throws GitHubError: whether one is open is not known then. */
export async function readOpenRaises(github: GitHub, environment: string, project: string): Promise<OpenRaise[]> {
  const deployments = await github.listDeployments({ environment, task: poolTask, perPage: recordLimit });
  const open: OpenRaise[] = [];
  for (const deployment of deployments.toSorted((a, b) => b.id - a.id)) {
    const given = deployment.payload;
    const read = payload.safeParse(typeof given === 'string' ? parseJson(given) : given);
    if (deployment.task !== poolTask || !read.success || read.data.project !== project) continue;
    const statuses = await github.listStatuses(deployment.id);
    if (statuses.some(({ state }) => state === 'inactive')) continue;
    const dueAt = new Date(deployment.createdAt).getTime() + (read.data.forMs ?? Number.POSITIVE_INFINITY);
    open.push({ ...read.data, id: deployment.id, dueAt });
  }
  return open;
}

/** Says before the change what it will be: a run that dies in between leaves what to put back. @throws GitHubError. */
export async function beginRaise(
  github: GitHub,
  record: PoolRecord,
  given: { environment: string; production: boolean; ref: string },
): Promise<number> {
  const created = await github.createDeployment({
    ...given,
    task: poolTask,
    payload: record,
    description: cleanText(`pool size from ${record.former} to ${record.raised}`, descriptionLimit),
    // Other tools' auto_inactive touches only non-transient Deployments.
    transient: true,
  });
  return created.id;
}

/** Appends what happened to a raise; `over`: nothing is left to put back. @throws GitHubError. */
export async function tellRaise(github: GitHub, id: number, text: string, over: boolean): Promise<void> {
  const description = cleanText(text, descriptionLimit);
  await github.createStatus(id, { state: over ? 'inactive' : 'in_progress', description, autoInactive: false });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
