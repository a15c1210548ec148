import type { GitRepository } from '../git-repository.ts';
import { type Answer, type Handler, jsonAnswer, type SandboxRequest } from '../http/answer.ts';
import { forward } from '../http/forward.ts';
import { createRouter, type Routes } from '../http/router.ts';
import { githubDeploymentRoutes } from './github-deployments.ts';
import { githubGitRoutes } from './github-git.ts';
import { githubGitWriteRoutes } from './github-git-writes.ts';
import { GitHubRefusal } from './github-refusal.ts';

export interface GitHubFrontOptions {
  /** The `github` service of the emulate package: its port, and its address as it appears in its answers. */
  inner: () => { port: number; url: string };
  /** Tokens that are accepted; emulate itself takes any. */
  tokens: Set<string>;
  /** The token that emulate knows: it counts calls by token and refuses after 5,000. */
  innerToken: () => string;
  repository: string;
  url: () => string;
  creator: { login: string; id: number };
  git?: GitRepository;
  /** Checks and pull requests of the commits of `git`. */
  checks?: Routes;
  /** Address of a stored artifact by its id. */
  artifactAddress: (id: string) => string | undefined;
  artifacts: () => object[];
  /** GitHub's time, in milliseconds. */
  now: () => number;
}

/** GitHub's API: deployments and git from here, everything else from emulate. */
export function createGitHubFront(options: GitHubFrontOptions): Handler {
  const { now } = options;
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
      [`GET /repos/${options.repository}/actions/artifacts`]: (request) => {
        const all = options.artifacts();
        const size = Number(request.query.get('per_page') ?? 30);
        const from = (Number(request.query.get('page') ?? 1) - 1) * size;
        return jsonAnswer(200, { total_count: all.length, artifacts: all.slice(from, from + size) });
      },
      [`GET /repos/${options.repository}/actions/artifacts/:id/zip`]: (_request, { id = '' }) => {
        const location = options.artifactAddress(id);
        if (location === undefined) throw new GitHubRefusal(404, 'Not Found');
        return { status: 302, headers: { location } };
      },
      ...options.checks,
      ...(options.git && githubGitRoutes(options.repository, options.git, options.url)),
      ...(options.git && githubGitWriteRoutes(options.repository, options.git)),
    },
    (request) => forwarded(options, request),
  );
  return async (request): Promise<Answer> => {
    const answer = await answered(options, own, request);
    return { ...answer, headers: { ...answer.headers, date: new Date(now()).toUTCString() } };
  };
}

async function forwarded(options: GitHubFrontOptions, request: SandboxRequest): Promise<Answer> {
  const { port, url } = options.inner();
  const answer = await forward(port, request, { authorization: `Bearer ${options.innerToken()}` });
  const body = Buffer.from(answer.body ?? '').toString('utf8');
  // Links lead here, so that what follows them meets our routes and faults.
  return { ...answer, body: body.replaceAll(url, options.url()) };
}

async function answered(options: GitHubFrontOptions, own: Handler, request: SandboxRequest): Promise<Answer> {
  try {
    // Another host on the real GitHub: the address itself carries what opens it.
    if (request.path.startsWith('/_codeload/')) return await own(request);
    const token = /^(?:Bearer|token) (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new GitHubRefusal(401, 'Requires authentication');
    if (!options.tokens.has(token)) throw new GitHubRefusal(401, 'Bad credentials');
    return await own(request);
  } catch (error) {
    if (error instanceof GitHubRefusal) return error.answer();
    throw error;
  }
}
