import type { CreateContext } from './create-deployment.ts';
import { type NewDeployment, startDeployment } from './deployment-life.ts';
import { remove } from './deployment-routes.ts';
import type { BuildOrder, DeploymentRecord, DomainRecord, GitLink, ProjectRecord } from './vercel-records.ts';
import { createProject, randomName, type VercelBehaviour, type VercelState } from './vercel-state.ts';

/** What tests and the demo may do to the sandbox's Vercel beside its API. */
export interface VercelAccess {
  /** Change it at any time. */
  behaviour: VercelBehaviour;
  /** Tokens that are accepted. */
  tokens: Set<string>;
  teamId: string;
  teamSlug: string;
  /** The first project. */
  project: ProjectRecord;
  projects(): ProjectRecord[];
  deployments(projectId?: string): DeploymentRecord[];
  /** Deployment behind a host right now. */
  servedBy(host: string): string | undefined;
  addProject(given: { name: string; link?: GitLink; autoAssign?: boolean; domains?: number }): Promise<ProjectRecord>;
  /** Opens one more address and gives it to the project. */
  addDomain(
    project: ProjectRecord,
    more?: Partial<Pick<DomainRecord, 'redirect' | 'gitBranch' | 'customEnvironmentId' | 'verified'>>,
  ): Promise<DomainRecord>;
  setEnvironment(project: ProjectRecord, values: Record<string, string>, target?: string[]): void;
  /** Switches Vercel Authentication on, or off with null; gives the bypass secret where one was asked for. */
  protect(project: ProjectRecord, deploymentType: string | null, withBypass?: boolean): string | undefined;
  /** How the next build ends; several orders wait in line. */
  orderBuild(order: BuildOrder): void;
  /** A deployment as Vercel's Git integration makes one for a push or a pull request. */
  deployFromGit(
    project: ProjectRecord,
    commit: { sha: string; ref: string; message?: string; author?: string; pullRequest?: number; forkOf?: string },
  ): Promise<DeploymentRecord>;
  remove(deploymentId: string): void;
}

export interface VercelAccessContext extends CreateContext {
  state: VercelState;
  /** Opens an address for a domain. */
  listenForDomain(): Promise<DomainRecord['listener']>;
}

export async function createVercelAccess(
  context: VercelAccessContext,
  first: { name: string; link?: GitLink; autoAssign?: boolean; domains?: number },
): Promise<VercelAccess> {
  const { state } = context;
  const addDomain: VercelAccess['addDomain'] = async (project, more = {}) => {
    const listener = await context.listenForDomain();
    const domain: DomainRecord = { name: listener.host, listener, verified: true, createdAt: Date.now(), ...more };
    project.domains.push(domain);
    return domain;
  };
  const addProject: VercelAccess['addProject'] = async (given) => {
    const project = createProject(given);
    state.projects.set(project.id, project);
    for (let index = 0; index < (given.domains ?? 1); index += 1) await addDomain(project);
    return project;
  };
  const project = await addProject(first);
  return {
    behaviour: state.behaviour,
    tokens: state.tokens,
    teamId: state.team.id,
    teamSlug: state.team.slug,
    project,
    projects: () => [...state.projects.values()],
    deployments: (projectId) =>
      [...state.deployments.values()].filter((one) => projectId === undefined || one.projectId === projectId),
    servedBy: (host) => state.aliases.get(host.replace(/^https?:\/\//, ''))?.deploymentId,
    addProject,
    addDomain,
    setEnvironment(target, values, environments = ['production', 'preview']) {
      for (const [key, value] of Object.entries(values)) {
        target.env = [
          ...target.env.filter((variable) => variable.key !== key),
          { id: randomName(16), key, value, target: environments, type: 'encrypted', createdAt: Date.now() },
        ];
      }
    },
    protect(target, deploymentType, withBypass = false) {
      target.ssoProtection = deploymentType === null ? null : { deploymentType };
      if (!withBypass) return undefined;
      const secret = randomName(32);
      target.protectionBypass[secret] = {
        scope: 'automation-bypass',
        createdAt: Date.now(),
        createdBy: state.user.uid,
      };
      return secret;
    },
    orderBuild: (order) => void state.builds.push(order),
    deployFromGit: (target, commit) => deployFromGit(context, target, commit),
    remove(deploymentId) {
      const deployment = state.deployments.get(deploymentId);
      if (deployment) remove(state, deployment);
    },
  };
}

async function deployFromGit(
  context: VercelAccessContext,
  project: ProjectRecord,
  commit: Parameters<VercelAccess['deployFromGit']>[1],
): Promise<DeploymentRecord> {
  const { link } = project;
  const { checkOut } = context;
  if (!link || !checkOut) throw new Error('deployFromGit needs a Git link and a repository (gitDirectory)');
  const { sha, ref, pullRequest, forkOf } = commit;
  const commitOrg = forkOf ?? link.org;
  const given: NewDeployment = {
    project,
    name: project.name,
    target: pullRequest === undefined && ref === link.productionBranch ? 'production' : null,
    autoAssign: true,
    source: 'git',
    creator: { uid: context.state.user.uid, username: context.state.user.username },
    gitSource: {
      type: 'github',
      repoId: link.repoId,
      org: link.org,
      repo: link.repo,
      ref,
      sha,
      ...(pullRequest !== undefined && { prId: pullRequest }),
    },
    meta: {
      githubCommitSha: sha,
      githubCommitRef: ref,
      githubCommitMessage: commit.message ?? '',
      githubCommitAuthorName: commit.author ?? '',
      githubCommitOrg: commitOrg,
      githubCommitRepo: link.repo,
      githubCommitRepoId: String(forkOf === undefined ? link.repoId : link.repoId + 1),
      githubOrg: link.org,
      githubRepo: link.repo,
      githubRepoId: String(link.repoId),
      githubDeployment: '1',
      ...(pullRequest !== undefined && { githubPrId: String(pullRequest) }),
    },
    prebuilt: false,
    instant: false,
    writeSources: (folder) => checkOut(sha, folder),
  };
  return startDeployment(context.state, context.place, given);
}
