import type { GitRepository } from '../git-repository.ts';
import { asText, jsonAnswer, jsonBody } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { GitHubRefusal, invalid } from './github-refusal.ts';

/** A merged pull request as a person and the reviewers left it. */
export interface PullRequestRecord {
  number: number;
  author: string;
  /** Branch that it was merged into; default main. */
  base?: string;
  /** Last commit of its branch. */
  headSha: string;
  /** The commit that it became on its base. */
  mergeCommitSha: string;
  /** In the order of time. */
  reviews: {
    user: string;
    state: 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';
    commitSha: string;
    association?: 'OWNER' | 'MEMBER' | 'COLLABORATOR' | 'CONTRIBUTOR' | 'NONE';
  }[];
}

/** What tests do to the repository that no single token can. */
export interface GitHubAccess {
  recordPullRequest(pull: PullRequestRecord): void;
  /** An environment with so many required reviewers; 0: without protection. */
  protectEnvironment(name: string, reviewers: number): void;
  /** What a reviewer says about the job of a run that waits in an environment. */
  answerRun(
    runId: number,
    answer: { environment: string; state: 'approved' | 'rejected'; user: string; comment?: string },
  ): void;
}

const conclusions = ['action_required', 'cancelled', 'failure', 'neutral', 'skipped', 'stale', 'success', 'timed_out'];
const states = ['error', 'failure', 'pending', 'success'];

/** Check runs, commit statuses and the pull requests of a commit, which emulate 0.12 knows of its own commits only. */
export function githubCheckRoutes(
  repository: string,
  git: GitRepository,
  url: () => string,
): { routes: Routes; access: GitHubAccess } {
  const base = `/repos/${repository}`;
  const pulls: PullRequestRecord[] = [];
  const runs: { id: number; head_sha: string; name: string; [key: string]: unknown }[] = [];
  const statuses: { id: number; sha: string; context: string; state: string; target_url: string | null }[] = [];
  // By the name in small letters: names of environments are not case-sensitive (docs: Managing environments for deployment).
  const environments = new Map<string, number>();
  const answers = new Map<string, Parameters<GitHubAccess['answerRun']>[1][]>();
  let nextId = 5_001;
  const known = async (ref: string) => {
    const sha = await git.resolve(ref);
    if (sha === undefined) throw new GitHubRefusal(422, `No commit found for SHA: ${ref}`);
    return sha;
  };
  const routes: Routes = {
    [`POST ${base}/check-runs`]: async (request) => {
      const body = jsonBody(request) ?? {};
      const name = asText(body.name);
      if (name === undefined) throw invalid('CheckRun', 'name', 'name is required');
      const conclusion = asText(body.conclusion);
      if (conclusion !== undefined && !conclusions.includes(conclusion)) {
        throw invalid('CheckRun', 'conclusion', `conclusion is one of ${conclusions.join(', ')}`);
      }
      const run = {
        id: nextId++,
        name,
        head_sha: await known(asText(body.head_sha) ?? ''),
        status: conclusion === undefined ? (asText(body.status) ?? 'queued') : 'completed',
        conclusion: conclusion ?? null,
        details_url: asText(body.details_url) ?? null,
        html_url: `${url()}${base}/runs/${nextId}`,
      };
      runs.push(run);
      return jsonAnswer(201, run);
    },
    [`GET ${base}/commits/:ref/check-runs`]: async (request, { ref = '' }) => {
      const sha = await known(ref);
      const name = request.query.get('check_name');
      const found = runs.filter((run) => run.head_sha === sha && (name === null || run.name === name));
      return jsonAnswer(200, { total_count: found.length, check_runs: found.reverse() });
    },
    [`POST ${base}/statuses/:sha`]: async (request, { sha = '' }) => {
      const body = jsonBody(request) ?? {};
      const state = asText(body.state) ?? '';
      if (!states.includes(state)) throw invalid('Status', 'state', `state is one of ${states.join(', ')}`);
      const context = asText(body.context) ?? 'default';
      const status = {
        id: nextId++,
        sha: await known(sha),
        context,
        state,
        target_url: asText(body.target_url) ?? null,
      };
      statuses.push(status);
      return jsonAnswer(201, status);
    },
    // The combined status: the newest of each context.
    [`GET ${base}/commits/:ref/status`]: async (_request, { ref = '' }) => {
      const sha = await known(ref);
      const newest = new Map(statuses.filter((status) => status.sha === sha).map((one) => [one.context, one]));
      return jsonAnswer(200, { sha, total_count: newest.size, statuses: [...newest.values()] });
    },
    [`GET ${base}/commits/:ref/pulls`]: async (_request, { ref = '' }) => {
      const sha = await known(ref);
      const found = pulls.filter((pull) => pull.mergeCommitSha === sha || pull.headSha === sha);
      return jsonAnswer(200, found.map(renderPull));
    },
    [`GET ${base}/environments/:name`]: (_request, { name = '' }) => {
      const reviewers = environments.get(decodeURIComponent(name).toLowerCase());
      if (reviewers === undefined) throw new GitHubRefusal(404, 'Not Found');
      const people = Array.from({ length: reviewers }, (_, index) => ({ type: 'User', reviewer: { id: index + 1 } }));
      const rule = { id: 1, type: 'required_reviewers', prevent_self_review: false, reviewers: people };
      const branches = { id: 2, type: 'branch_policy' };
      return jsonAnswer(200, { id: 1, name, protection_rules: reviewers === 0 ? [branches] : [rule, branches] });
    },
    [`GET ${base}/actions/runs/:run/approvals`]: (_request, { run = '' }) =>
      jsonAnswer(
        200,
        (answers.get(run) ?? []).map(({ environment, state, user, comment }) => ({
          state,
          comment: comment ?? '',
          user: { login: user },
          environments: [{ id: 1, name: environment }],
        })),
      ),
    [`GET ${base}/pulls/:number/reviews`]: (_request, { number = '' }) => {
      const pull = pulls.find((one) => String(one.number) === number);
      if (pull === undefined) throw new GitHubRefusal(404, 'Not Found');
      return jsonAnswer(
        200,
        pull.reviews.map((review, index) => ({
          id: index + 1,
          user: { login: review.user },
          state: review.state,
          commit_id: review.commitSha,
          author_association: review.association ?? 'MEMBER',
        })),
      );
    },
  };
  const access: GitHubAccess = {
    recordPullRequest: (pull) => void pulls.push(pull),
    protectEnvironment: (name, reviewers) => void environments.set(name.toLowerCase(), reviewers),
    answerRun: (runId, answer) => void answers.set(String(runId), [...(answers.get(String(runId)) ?? []), answer]),
  };
  return { routes, access };
}

function renderPull(pull: PullRequestRecord) {
  return {
    number: pull.number,
    state: 'closed',
    user: { login: pull.author },
    merged_at: '2026-01-01T00:00:00Z',
    merge_commit_sha: pull.mergeCommitSha,
    head: { sha: pull.headSha },
    base: { ref: pull.base ?? 'main' },
  };
}
