import { createEmulator } from 'emulate';
import type { GitRepository } from '../git-repository.ts';
import type { Services } from '../services.ts';
import { randomName } from '../vercel/vercel-state.ts';
import { type GitHubAccess, githubCheckRoutes } from './github-checks.ts';
import { createGitHubFront } from './github-front.ts';
import { type GitHubPeople, githubPeopleRoutes } from './github-people.ts';
import { type GitHubPulls, githubPullRoutes } from './github-pulls.ts';

export interface SandboxGitHub {
  url: string;
  token: string;
  repositoryId: number;
  /** Undefined without a git repository. */
  access: (GitHubAccess & GitHubPeople & GitHubPulls) | undefined;
  close(): Promise<void>;
}

const login = 'sandbox-bot';

/** emulate refuses a token after 5,000 calls; so many tokens take turns. */
const innerTokens = 40;
const callsPerToken = 4_500;

/** GitHub from the emulate package behind our front, with one repository. */
export async function startGitHub(
  services: Services,
  options: {
    repository: string;
    clockOffsetMs: number;
    /** Default this machine's clock. */
    now?: (() => number) | undefined;
    git?: GitRepository;
    artifactAddress: (id: string) => string | undefined;
    artifacts: () => object[];
  },
): Promise<SandboxGitHub> {
  const [owner = '', name = ''] = options.repository.split('/');
  const token = `ghs_sandbox${randomName(24)}`;
  const names = Array.from({ length: innerTokens }, (_, index) => `ghs_inner_${index}`);
  let innerPort = 0;
  let url = '';
  let calls = 0;
  const front = await services.listen('github', (request) => handle(request));
  url = front.url;
  const inner = await createEmulator({
    service: 'github',
    port: 0,
    seed: {
      tokens: Object.fromEntries(names.map((one) => [one, { login, scopes: ['repo'] }])),
      github: {
        users: [{ login, name: 'Sandbox bot' }],
        orgs: [{ login: owner, name: owner }],
        repos: [{ owner, name, auto_init: true }],
      },
    },
  });
  innerPort = Number(new URL(inner.url).port);
  const innerToken = () => names[Math.floor(calls++ / callsPerToken) % names.length] ?? '';
  const checks = options.git && githubCheckRoutes(options.repository, options.git, () => url);
  const pulls = options.git && githubPullRoutes(options.repository, options.git, () => url);
  const { now: time = Date.now } = options;
  const clock = { offsetMs: options.clockOffsetMs, now: () => time() + clock.offsetMs };
  const { routes, people } = githubPeopleRoutes(options.repository, clock);
  const handle = createGitHubFront({
    inner: () => ({ port: innerPort, url: inner.url }),
    tokens: new Set([token]),
    innerToken,
    repository: options.repository,
    url: () => url,
    creator: { login, id: 3 },
    now: clock.now,
    artifactAddress: options.artifactAddress,
    artifacts: options.artifacts,
    ...(options.git && { git: options.git }),
    ...(checks && { checks: { ...checks.routes, ...routes, ...pulls?.routes } }),
  });
  const answer = await fetch(`http://127.0.0.1:${innerPort}/repos/${options.repository}`, {
    headers: { authorization: `Bearer ${innerToken()}` },
  });
  const { id } = (await answer.json()) as { id: number };
  return {
    url,
    token,
    repositoryId: id,
    access: checks && pulls && { ...checks.access, ...people, ...pulls.access },
    close: () => inner.close(),
  };
}
