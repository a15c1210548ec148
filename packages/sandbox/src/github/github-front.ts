import type { GitRepository } from '../git-repository.ts';
import type { Answer, Handler } from '../http/answer.ts';
import { forward } from '../http/forward.ts';
import { createRouter } from '../http/router.ts';
import { githubDeploymentRoutes } from './github-deployments.ts';
import { githubGitRoutes } from './github-git.ts';
import { GitHubRefusal } from './github-refusal.ts';

export interface GitHubFrontOptions {
  /** Port of the `github` service of the emulate package. */
  innerPort: () => number;
  /** Tokens that are accepted; emulate itself takes any. */
  tokens: Set<string>;
  /** The token that emulate knows: it counts calls by token and refuses after 5,000. */
  innerToken: () => string;
  repository: string;
  url: () => string;
  creator: { login: string; id: number };
  git?: GitRepository;
  /** How far GitHub's clock is from ours, in milliseconds. */
  clockOffsetMs: () => number;
}

/** GitHub's API: deployments and git from here, everything else from emulate. */
export function createGitHubFront(options: GitHubFrontOptions): Handler {
  const now = () => Date.now() + options.clockOffsetMs();
  const own = createRouter(
    {
      ...githubDeploymentRoutes({
        repository: options.repository,
        url: options.url,
        creator: options.creator,
        now,
        resolve: async (ref) => {
          const found = await options.git?.resolve(ref);
          if (found !== undefined || options.git) return found;
          // Without a repository every full SHA exists.
          return /^[0-9a-f]{40}$/.test(ref) ? ref : undefined;
        },
      }),
      ...(options.git && githubGitRoutes(options.repository, options.git, options.url)),
    },
    (request) => forward(options.innerPort(), request, { authorization: `Bearer ${options.innerToken()}` }),
  );
  return async (request): Promise<Answer> => {
    const answer = await answered(options, own, request);
    return { ...answer, headers: { ...answer.headers, date: new Date(now()).toUTCString() } };
  };
}

async function answered(options: GitHubFrontOptions, own: Handler, request: Parameters<Handler>[0]): Promise<Answer> {
  try {
    const token = /^(?:Bearer|token) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new GitHubRefusal(401, 'Requires authentication');
    if (!options.tokens.has(token)) throw new GitHubRefusal(401, 'Bad credentials');
    return await own(request);
  } catch (error) {
    if (error instanceof GitHubRefusal) return error.answer();
    throw error;
  }
}
