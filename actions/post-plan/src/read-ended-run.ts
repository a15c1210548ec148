import { z } from 'zod';

// The event workflow_run; `pull_requests` of it is empty for forks, so that the pull request is looked for by its head.
const shape = z.object({
  workflow_run: z.object({
    id: z.number(),
    event: z.string(),
    head_sha: z.string().regex(/^[0-9a-f]{40}$/),
    head_branch: z.string().nullish(),
    head_repository: z.object({ id: z.number(), owner: z.object({ login: z.string() }) }).nullish(),
  }),
  repository: z.object({ id: z.number() }),
});

/** The run that has ended, as GitHub tells it. */
export interface EndedRun {
  id: number;
  headSha: string;
  /** `owner:branch`, as the list of pull requests takes it. */
  head: string;
  headRepositoryId: number;
  repositoryId: number;
}

/** The run of a fork's pull request that this run follows, or why it follows none. Pure. */
export function readEndedRun(event: unknown): EndedRun | { reasonCode: 'not_a_fork' | 'fork_deleted' | 'wrong_event' } {
  const parsed = shape.safeParse(event);
  if (!parsed.success) return { reasonCode: 'wrong_event' };
  const { workflow_run: run, repository } = parsed.data;
  // Any other event would let somebody else than the author of a pull request choose what is posted.
  if (run.event !== 'pull_request') return { reasonCode: 'wrong_event' };
  if (run.head_repository == null || run.head_branch == null) return { reasonCode: 'fork_deleted' };
  if (run.head_repository.id === repository.id) return { reasonCode: 'not_a_fork' };
  return {
    id: run.id,
    headSha: run.head_sha,
    head: `${run.head_repository.owner.login}:${run.head_branch}`,
    headRepositoryId: run.head_repository.id,
    repositoryId: repository.id,
  };
}
