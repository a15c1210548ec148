import type { GitRepository } from '../git-repository.ts';
import { asText, jsonAnswer, jsonBody } from '../http/answer.ts';
import type { Routes } from '../http/router.ts';
import { GitHubRefusal, invalid } from './github-refusal.ts';

/** Pull requests that an app opens. */
export interface GitHubPulls {
  pullRequests(): readonly OpenedPull[];
  /** What a person does with one. */
  endPullRequest(number: number, how: 'closed' | 'merged'): void;
  /** Settings → Actions → General → "Allow GitHub Actions to create and approve pull requests"; at first it is on. */
  allowPullRequests(allowed: boolean): void;
}

export interface OpenedPull {
  number: number;
  title: string;
  body: string;
  head: string;
  /** Of the branch when it was last asked for: GitHub keeps it where the branch is gone. */
  headSha: string;
  base: string;
  state: 'open' | 'closed';
  mergedAt: string | null;
}

/** Creating, listing and closing (REST, pulls), on the branches of a real repository. */
export function githubPullRoutes(
  repository: string,
  git: GitRepository,
  url: () => string,
): { routes: Routes; access: GitHubPulls } {
  const base = `/repos/${repository}`;
  const [owner = ''] = repository.split('/');
  const pulls: OpenedPull[] = [];
  let allowed = true;
  const branch = async (name: string, field: string) => {
    const sha = await git.resolve(`refs/heads/${name}`);
    if (sha === undefined) throw invalid('PullRequest', field, `${field} is not a branch`);
    return sha;
  };
  const render = ({ mergedAt, headSha, ...pull }: OpenedPull) => ({
    ...pull,
    html_url: `${url()}/${repository}/pull/${pull.number}`,
    merged_at: mergedAt,
    head: { ref: pull.head, sha: headSha, label: `${owner}:${pull.head}` },
    base: { ref: pull.base },
  });
  const routes: Routes = {
    [`POST ${base}/pulls`]: async (request) => {
      const body = jsonBody(request) ?? {};
      const [title, text, head = '', onto = ''] = [body.title, body.body, body.head, body.base].map(asText);
      if (!allowed) {
        const message = 'GitHub Actions is not permitted to create or approve pull requests.';
        throw new GitHubRefusal(403, message);
      }
      if (title === undefined) throw invalid('PullRequest', 'title', "title wasn't supplied");
      const [from, to] = [await branch(head, 'head'), await branch(onto, 'base')];
      if (from === to) throw invalid('PullRequest', 'base', `No commits between ${onto} and ${head}`);
      if (pulls.some((pull) => pull.state === 'open' && pull.head === head && pull.base === onto))
        throw invalid('PullRequest', 'head', `A pull request already exists for ${owner}:${head}.`);
      const pull: OpenedPull = {
        ...{
          number: 101 + pulls.length,
          title,
          body: text ?? '',
          head,
          headSha: from,
          base: onto,
          state: 'open',
          mergedAt: null,
        },
      };
      pulls.push(pull);
      return jsonAnswer(201, render(pull));
    },
    [`GET ${base}/pulls`]: async (request) => {
      const state = request.query.get('state') ?? 'open';
      const head = request.query.get('head');
      const found = pulls.filter(
        (pull) => (state === 'all' || pull.state === state) && (head === null || head === `${owner}:${pull.head}`),
      );
      for (const pull of found) pull.headSha = (await git.resolve(`refs/heads/${pull.head}`)) ?? pull.headSha;
      return jsonAnswer(200, found.toReversed().map(render));
    },
    [`PATCH ${base}/pulls/:number`]: (request, { number = '' }) => {
      const pull = pulls.find((one) => String(one.number) === number);
      if (pull === undefined) throw new GitHubRefusal(404, 'Not Found');
      const body = jsonBody(request) ?? {};
      const state = asText(body.state) ?? pull.state;
      if (state !== 'open' && state !== 'closed') throw invalid('PullRequest', 'state', 'state is open or closed');
      pull.state = state;
      pull.title = asText(body.title) ?? pull.title;
      return jsonAnswer(200, render(pull));
    },
  };
  const access: GitHubPulls = {
    pullRequests: () => pulls,
    endPullRequest(number, how) {
      const pull = pulls.find((one) => one.number === number);
      if (pull === undefined) throw new Error(`there is no pull request #${number}`);
      pull.state = 'closed';
      if (how === 'merged') pull.mergedAt = new Date().toISOString();
    },
    allowPullRequests(value) {
      allowed = value;
    },
  };
  return { routes, access };
}
