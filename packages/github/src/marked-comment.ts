import type { GitHubPullRequests } from './pull-requests.ts';

/** What tells this comment from every other one: one for each environment (or folder) of a pull request. Pure. */
export function planMarker(name: string): string {
  return `<!-- ops-actions:migration-plan:${encodeURIComponent(name).replaceAll('-', '%2D')} -->`;
}

/**
 * One comment: found by its marker among those of apps and updated in place; of two the older one stays (S6). Without
 * `createIt` only one that is there already is brought up to date.
 */
export async function upsertComment(
  github: Pick<GitHubPullRequests, 'commentsOf' | 'createComment' | 'editComment'>,
  pullRequest: number,
  marker: string,
  body: string,
  { createIt }: { createIt: boolean },
): Promise<'created' | 'updated' | 'none'> {
  const comments = await github.commentsOf(pullRequest);
  const [ours, ...doubles] = comments
    .filter((comment) => comment.byApp && comment.body.startsWith(marker))
    .toSorted((a, b) => a.id - b.id);
  for (const double of doubles)
    await github.editComment(double.id, 'This plan stands in another comment of this pull request.');
  if (ours === undefined) {
    if (!createIt) return 'none';
    await github.createComment(pullRequest, body);
    return 'created';
  }
  await github.editComment(ours.id, body);
  return 'updated';
}
