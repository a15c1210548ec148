import type { CommitCheck, PullRequest, Review } from '#github/review-reads';
import type { Finding } from './decide-preflight.ts';

/** "Required status checks must have a successful, skipped, or neutral status" (GitHub, About protected branches). */
const greenStates = ['success', 'neutral', 'skipped'];
const waitingStates = ['queued', 'in_progress', 'waiting', 'pending', 'requested'];

/** What stands against a commit in its required checks: red, still running, and never reported (DEP-04). Pure. */
export function decideRequiredChecks(given: {
  commit: string;
  required: readonly string[];
  found: readonly CommitCheck[];
}): Finding[] {
  const commit = given.commit.slice(0, 7);
  return given.required.flatMap((name): Finding[] => {
    const runs = given.found.filter((check) => check.name === name);
    if (runs.length === 0) {
      return [
        {
          code: 'check_missing',
          severity: 'refuse',
          message: `the required check ${name} has not reported on commit ${commit}`,
          fix: 'let its workflow run on this commit, or correct the name under release.required-checks: it is that of the job as the commit shows it',
        },
      ];
    }
    const red = runs.find(({ state }) => !greenStates.includes(state) && !waitingStates.includes(state));
    if (red !== undefined) {
      return [
        {
          code: 'check_failed',
          severity: 'refuse',
          message: `the required check ${name} of commit ${commit} ended ${red.state}${at(red)}`,
          fix: 'mend it, or run it again if it failed by chance, and run the release again when it is green',
        },
      ];
    }
    const waiting = runs.find(({ state }) => waitingStates.includes(state));
    if (waiting === undefined) return [];
    return [
      {
        code: 'check_pending',
        severity: 'refuse',
        message: `the required check ${name} of commit ${commit} is ${waiting.state}${at(waiting)}`,
        fix: 'run the release again when it is green; a workflow can wait for it with needs: or on: workflow_run',
      },
    ];
  });
}

function at({ url }: CommitCheck): string {
  return url === '' ? '' : ` (${url})`;
}

export interface ReviewedPullRequest extends PullRequest {
  /** Oldest first. */
  reviews: readonly Review[];
}

/** Anybody may approve on a public repository; GitHub counts those with write access, and these are the ones who can have it. */
const countedAssociations = ['OWNER', 'MEMBER', 'COLLABORATOR'];

/** The branch that a release is made from; of a tag it is only the likely one, because a tag may stand on any branch. */
export interface ReleasedBranch {
  name: string;
  certain: boolean;
}

/** Whether enough people approved the pull request that brought this commit to the released branch (CHK-04). Pure. */
export function decideApprovals(given: {
  commit: string;
  /** Undefined where nobody knows it: then every merged pull request counts. */
  branch?: ReleasedBranch | undefined;
  required: number;
  /** Approvals of earlier commits of the branch do not count. */
  dismissStale: boolean;
  pullRequests: readonly ReviewedPullRequest[];
}): Finding[] {
  const { branch } = given;
  const merged = given.pullRequests.filter((pull) => pull.isMerged);
  const into = merged.filter(({ base }) => branch === undefined || base === branch.name);
  // Reviews of another branch were given for what that branch may carry.
  const counted = into.length > 0 || branch?.certain ? into : merged;
  if (counted.length === 0) {
    const where = branch === undefined ? '' : ` into ${branch.name}`;
    const elsewhere = merged.map(({ number, base }) => `#${number} into ${base}`).join(', ');
    const only = elsewhere === '' ? '' : ` (only by ${elsewhere})`;
    return [
      {
        code: 'not_reviewed',
        severity: 'refuse',
        message: `commit ${given.commit.slice(0, 7)} came by no merged pull request${where}${only}, and ${approvals(given.required)} needed`,
        fix: `bring it by a pull request${where} that is approved and merged`,
      },
    ];
  }
  const judged = counted.map((pull) => ({ pull, ...count(pull, given.dismissStale) }));
  const best = judged.toSorted((a, b) => b.approvedBy.length - a.approvedBy.length)[0];
  const objections = judged.flatMap(({ pull, objectedBy }) =>
    objectedBy.map(
      (user): Finding => ({
        code: 'changes_requested',
        severity: 'refuse',
        message: `${user} asked for changes on pull request #${pull.number} and has not approved since`,
        fix: `settle it with ${user}, or dismiss the review on the pull request`,
      }),
    ),
  );
  if (best === undefined || best.approvedBy.length >= given.required) return objections;
  const of = best.approvedBy.length === 0 ? '' : ` (${best.approvedBy.join(', ')})`;
  const stale = best.stale === 0 ? '' : `; ${best.stale} of an earlier commit do not count`;
  return [
    ...objections,
    {
      code: 'not_reviewed',
      severity: 'refuse',
      message: `pull request #${best.pull.number} has ${best.approvedBy.length} of ${given.required} approvals${of}${stale}`,
      fix: `let ${given.required - best.approvedBy.length} more of your reviewers approve #${best.pull.number}: GitHub takes reviews of merged pull requests, too`,
    },
  ];
}

function approvals(count: number): string {
  return count === 1 ? 'one approval is' : `${count} approvals are`;
}

/** The last word of each reviewer; a comment takes nothing back. */
function count({ author, headSha, reviews }: ReviewedPullRequest, dismissStale: boolean) {
  const last = new Map<string, Review>();
  for (const review of reviews) {
    if (review.user === author || review.state === 'COMMENTED' || review.state === 'PENDING') continue;
    if (countedAssociations.includes(review.association)) last.set(review.user, review);
  }
  const approved = [...last.values()].filter(({ state }) => state === 'APPROVED');
  const fresh = approved.filter(({ commitSha }) => !dismissStale || commitSha === headSha);
  return {
    approvedBy: fresh.map(({ user }) => user),
    objectedBy: [...last.values()].filter(({ state }) => state === 'CHANGES_REQUESTED').map(({ user }) => user),
    stale: approved.length - fresh.length,
  };
}
