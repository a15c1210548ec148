import { type GitHub, GitHubError } from '#github/client';
import type { ReleaseRecord } from '../release-record.ts';
import { releasedSince, revertTags } from './plan-revert.ts';
import type { RevertOutcome, RevertRequest } from './revert-release.ts';

/** The tag is on the revert itself, not on the branch: only what was released before is released again. */
export async function tagged(
  github: GitHub,
  { tag: wanted }: Pick<RevertRequest, 'tag'>,
  { release, releases }: { release: ReleaseRecord; releases: readonly ReleaseRecord[] },
  outcome: RevertOutcome & { commit: string },
): Promise<RevertOutcome> {
  if (!wanted) return outcome;
  const { version } = release;
  const newer = releasedSince(releases, { release, revert: outcome.commit });
  const not = (reasonCode: string, why: string): RevertOutcome => ({
    ...outcome,
    reasonCode,
    message: `${outcome.message} It is NOT tagged: ${why}.`,
  });
  for (const tag of revertTags(version)) {
    const at = await github.refTarget(`tags/${tag}`);
    if (at !== undefined && at !== outcome.commit) continue;
    if (at === undefined && newer !== undefined)
      return not('newer_released', `${newer} went live since, and a release of the tag would take that back as well`);
    const made = at === undefined ? await makeTag(github, tag, outcome.commit) : false;
    if (typeof made === 'object') return not('tag_refused', made.message);
    // Another run was faster: the same name is ours only where it is the same commit.
    if (!made && at === undefined && (await github.refTarget(`tags/${tag}`)) !== outcome.commit) continue;
    const how = made ? 'It is tagged' : 'It was tagged before as';
    return { ...outcome, tag, message: `${outcome.message} ${how} ${tag}.` };
  }
  return not('no_free_tag', 'every next version is taken');
}

async function makeTag(github: GitHub, tag: string, commit: string): Promise<boolean | GitHubError> {
  try {
    return (await github.createRef(`tags/${tag}`, commit)) === 'created';
  } catch (error) {
    return refusalOf(error);
  }
}

/** What rules or rights do not allow. @throws everything else. */
export function refusalOf(error: unknown): GitHubError {
  if (error instanceof GitHubError && ['github_refused', 'github_forbidden'].includes(error.reasonCode)) return error;
  throw error;
}
