import type { GitHub } from '#github/client';
import type { CommitCheck } from '#github/review-reads';
import type { Finding } from './decide-preflight.ts';
import { decideApprovals, decideRequiredChecks } from './decide-review.ts';
import type { PreflightRequest } from './preflight-types.ts';

/** What other workflows and people have said about the commit, where ops.yml asks for it. */
export async function readReview(github: GitHub, request: PreflightRequest): Promise<Finding[]> {
  const { commit, runId, settings } = request;
  const { requiredChecks = [], approvals = 0, dismissStaleApprovals = false } = settings.release;
  const findings: Finding[] = [];
  if (requiredChecks.length > 0) {
    const found = await readRequiredChecks(github, commit, requiredChecks);
    // The jobs of this very run are checks of the commit, too, and cannot be green yet.
    const others = found.filter(({ url }) => !url.includes(`/actions/runs/${runId}/`));
    findings.push(...decideRequiredChecks({ commit, required: requiredChecks, found: others }));
  }
  // The checklist of a release is about production; an environment that may be thrown away needs no reviewers.
  if (approvals > 0 && settings.production && !request.throwAway) {
    const pulls = (await github.pullRequestsOf(commit)).filter(({ isMerged }) => isMerged);
    const pullRequests = await Promise.all(
      pulls.map(async (pull) => ({ ...pull, reviews: await github.reviewsOf(pull.number) })),
    );
    const asked = { commit, branch: request.branch, required: approvals, dismissStale: dismissStaleApprovals };
    findings.push(...decideApprovals({ ...asked, pullRequests }));
  }
  return findings;
}

/** What was reported under these names, by check runs and, where one is missing, by commit statuses. @throws GitHubError. */
export async function readRequiredChecks(
  github: GitHub,
  commit: string,
  required: readonly string[],
): Promise<CommitCheck[]> {
  const runs = (await Promise.all(required.map((name) => github.checkRuns(commit, name)))).flat();
  // Other services still report by commit statuses; without them a token needs one permission less.
  if (required.every((name) => runs.some((run) => run.name === name))) return runs;
  return [...runs, ...(await github.commitStatuses(commit))];
}
