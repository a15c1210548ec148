import { randomBytes } from 'node:crypto';
import type {
  AliasRecord,
  BuildOrder,
  DeploymentRecord,
  DomainRecord,
  GitLink,
  ProjectRecord,
} from './vercel-records.ts';

/** How the sandbox's Vercel behaves; every field may be changed while it runs. */
export interface VercelBehaviour {
  /** From creation to READY; half of it is BUILDING. */
  readyDelayMs: number;
  /** From an accepted promote, rollback or READY to moved domains; `Infinity`: they never move. */
  aliasDelayMs: number;
  /** `hobby`: only the previous deployment can be rolled back to (402 otherwise). */
  plan: 'hobby' | 'pro' | 'enterprise';
  /** False: the observability query answers 402. */
  observabilityPlus: boolean;
  /** What visitors and functions measured, by id of the metric; of others nothing was measured. */
  numbers: Record<string, number>;
  /** How long one runtime-logs stream lives before Vercel ends it. */
  runtimeLogLimitMs: number;
  /** What a protected deployment answers without the bypass secret (facts §7). */
  protectionAnswer: 'redirect' | 'page';
  /** Next moves of domains fail at their end instead of moving anything. */
  failingMoves: number;
  functionTimeoutMs: number;
  /** True: a staged deployment tells `aliasAssigned`, as some do; without it the CLI and @vercel/client wait for ever. */
  stagedAliasAssigned: boolean;
  /** False: calls without a team mean the team, as for an account whose default team it is. */
  teamRequired: boolean;
}

/** Everything that the sandbox's Vercel knows. One team, several projects. */
export interface VercelState {
  team: { id: string; slug: string; name: string };
  user: { uid: string; username: string; email: string };
  tokens: Set<string>;
  behaviour: VercelBehaviour;
  projects: Map<string, ProjectRecord>;
  deployments: Map<string, DeploymentRecord>;
  aliases: Map<string, AliasRecord>;
  /** Uploaded files by SHA-1. */
  files: Map<string, Buffer>;
  builds: BuildOrder[];
  /** Runs `action` later, unless the sandbox closes before. */
  later(milliseconds: number, action: () => void | Promise<void>): void;
  /** Cancels what waits. */
  close(): void;
}

export const standardBehaviour: VercelBehaviour = {
  readyDelayMs: 200,
  aliasDelayMs: 150,
  plan: 'pro',
  observabilityPlus: false,
  numbers: {},
  runtimeLogLimitMs: 300_000,
  protectionAnswer: 'redirect',
  failingMoves: 0,
  functionTimeoutMs: 30_000,
  teamRequired: true,
  stagedAliasAssigned: false,
};

/** An empty team. Errors of delayed actions go to `onError`. */
export function createVercelState(behaviour: Partial<VercelBehaviour>, onError: (error: unknown) => void): VercelState {
  const timers = new Set<NodeJS.Timeout>();
  return {
    team: { id: `team_${randomName(24)}`, slug: 'sandbox-team', name: 'Sandbox team' },
    user: { uid: randomName(24), username: 'sandbox-user', email: 'sandbox@example.com' },
    tokens: new Set(),
    behaviour: { ...standardBehaviour, ...behaviour },
    projects: new Map(),
    deployments: new Map(),
    aliases: new Map(),
    files: new Map(),
    builds: [],
    later(milliseconds, action) {
      if (!Number.isFinite(milliseconds)) return;
      const timer = setTimeout(() => {
        timers.delete(timer);
        Promise.resolve().then(action).catch(onError);
      }, milliseconds);
      timers.add(timer);
    },
    close() {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}

/** A project without deployments and domains. */
export function createProject(given: { name: string; link?: GitLink; autoAssign?: boolean }): ProjectRecord {
  return {
    id: `prj_${randomName(24)}`,
    name: given.name,
    createdAt: Date.now(),
    autoAssignCustomDomains: given.autoAssign ?? true,
    rootDirectory: null,
    framework: null,
    ...(given.link && { link: given.link }),
    ssoProtection: null,
    protectionBypass: {},
    lastAliasRequest: null,
    lastRollbackTarget: null,
    rollingReleaseConfig: null,
    rollingRelease: null,
    customEnvironments: [],
    domains: [],
    env: [],
  };
}

/** Hosts that follow the production deployment. */
export function productionDomains(project: ProjectRecord): DomainRecord[] {
  return project.domains.filter(
    (domain) => !domain.redirect && !domain.gitBranch && !domain.customEnvironmentId && domain.verified,
  );
}

export function findProject(state: VercelState, idOrName: string): ProjectRecord | undefined {
  const byId = state.projects.get(idOrName);
  return byId ?? [...state.projects.values()].find(({ name }) => name === idOrName);
}

/** By id, by host, or by an alias that points at it. */
export function findDeployment(state: VercelState, idOrHost: string): DeploymentRecord | undefined {
  const host = idOrHost.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const aliased = state.aliases.get(host)?.deploymentId;
  const byId = state.deployments.get(aliased ?? host);
  return byId ?? [...state.deployments.values()].find(({ url }) => url === host);
}

/** Newest first. */
export function deploymentsOf(state: VercelState, projectId: string): DeploymentRecord[] {
  return [...state.deployments.values()].filter((deployment) => deployment.projectId === projectId).reverse();
}

const letters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789';

/** Random letters and digits, as in Vercel's ids. */
export function randomName(length: number): string {
  return Array.from(randomBytes(length), (byte) => letters[byte % letters.length]).join('');
}
