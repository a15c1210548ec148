import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { createHttpClient } from '#http/client';
import { type Clock, systemClock } from '#http/clock';
import type { Sandbox, SandboxOptions } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';
import { openVercelProject, type VercelProject } from '#vercel/project';
import { openRelease } from '../src/ledger.ts';
import { type ReleaseHandle, type ReleaseMode, releaseKey } from '../src/release-handle.ts';

/** The sandbox with a repository of a few commits, and what a test needs to set a scene. */
export interface Scene {
  sandbox: Sandbox;
  /** Commits of the repository, oldest first. */
  commits: string[];
  workspace: string;
  /** Clients of one actor; through other addresses where a gate stands before the services. */
  connect(addresses?: {
    vercel?: string;
    github?: string;
    signal?: AbortSignal;
    patienceMs?: number;
    /** Of one attempt, in milliseconds of the machine. */
    deadlineMs?: number;
    clock?: Clock;
    log?: (line: string) => void;
  }): Promise<{ github: GitHub; project: VercelProject }>;
  /** A READY deployment without domains. */
  stage(
    meta: Record<string, string>,
    target?: 'production' | 'preview',
    files?: Record<string, string>,
  ): Promise<string>;
  /** A deployment that was promoted by hand, outside of any ledger. */
  goLive(meta?: Record<string, string>, files?: Record<string, string>): Promise<string>;
  served(): string | undefined;
  settings(more?: Partial<EnvironmentSettings>): EnvironmentSettings;
  /** A release as preflight leaves it. */
  open(given: {
    runId: number;
    /** Default `production`. */
    environment?: string;
    commit?: string;
    version?: string;
    target?: string;
    autoAssign?: boolean;
    /** Default `auto`. */
    mode?: ReleaseMode;
  }): Promise<ReleaseHandle>;
  close(): Promise<void>;
}

export const quietDependencies = { clock: systemClock, log: () => {} };

export async function setScene(options: SandboxOptions = {}): Promise<Scene> {
  const workspace = mkdtempSync(join(tmpdir(), 'ops-actions-scene-'));
  const commits = makeCommits(workspace, 5);
  const sandbox = await startSandbox({
    postgres: false,
    gitDirectory: workspace,
    ...options,
    vercel: { readyDelayMs: 1, aliasDelayMs: 20, ...options.vercel },
  });
  const { vercel, github } = sandbox.description;
  const client = createHttpClient({ baseUrl: vercel.apiUrl, headers: { authorization: `Bearer ${vercel.token}` } });
  const connect: Scene['connect'] = async ({ vercel: vercelUrl, github: githubUrl, patienceMs, ...addresses } = {}) => {
    const project = await openVercelProject({
      apiUrl: vercelUrl ?? vercel.apiUrl,
      token: vercel.token,
      team: vercel.teamId,
      project: vercel.projectId,
      ...(patienceMs === undefined ? {} : { patienceMs }),
      ...addresses,
    });
    // The sandbox settles in milliseconds; asking every quarter of a second would be most of a test's time.
    const more = { pollMs: 15, ...(addresses.deadlineMs === undefined ? {} : { answerMs: addresses.deadlineMs }) };
    const { promote, rollBack } = project;
    project.promote = (id, options) => promote.call(project, id, { ...more, ...options });
    project.rollBack = (id, options) => rollBack.call(project, id, { ...more, ...options });
    return {
      github: createGitHub({
        apiUrl: githubUrl ?? github.apiUrl,
        token: github.token,
        repository: github.repository,
        ...addresses,
      }),
      project,
    };
  };
  const own = await connect();
  const stage: Scene['stage'] = async (meta, target = 'production', files = {}) => {
    const answer = await client.request({
      method: 'POST',
      path: '/v13/deployments',
      query: { teamId: vercel.teamId, skipAutoDetectionConfirmation: 1 },
      json: {
        name: vercel.projectName,
        project: vercel.projectId,
        target,
        autoAssignCustomDomains: false,
        meta,
        files: Object.entries({ 'index.html': `<p>${JSON.stringify(meta)}</p>`, ...files }).map(([file, data]) => ({
          file,
          data,
        })),
      },
    });
    const { id } = answer.json<{ id: string }>();
    while ((await own.project.deployment(id))?.readyState !== 'READY') await systemClock.sleep(10);
    return id;
  };
  return {
    sandbox,
    commits,
    workspace,
    connect,
    stage,
    async goLive(meta = {}, files = {}) {
      const id = await stage(meta, 'production', files);
      const before = await own.project.readState();
      await own.project.promote(id, {});
      if (before.autoAssign !== undefined) await own.project.setAutoAssign(before.autoAssign);
      return id;
    },
    served: () => sandbox.vercel.project.productionDeploymentId,
    settings: (more = {}) => ({
      environment: 'production',
      production: true,
      vercel: { project: vercel.projectId, team: vercel.teamId },
      database: {},
      health: {},
      smoke: {},
      watch: {},
      release: {},
      slack: {},
      ...more,
    }),
    async open({
      runId,
      environment = 'production',
      commit = commits.at(-1) ?? '',
      version = 'v1.0.0',
      target,
      autoAssign = true,
      mode = 'auto',
    }) {
      const key = releaseKey({ repositoryId: sandbox.repositoryId, environment, runId });
      const rollbackTarget = target === undefined ? undefined : { deploymentId: target, adopted: true };
      const { record } = await openRelease(own.github, {
        environment,
        production: true,
        payload: {
          schemaVersion: 1,
          key,
          runId,
          commit,
          version,
          as: 'production',
          rollbackTarget,
          autoAssign,
          mode,
          firstDeployment: false,
        },
      });
      return {
        schemaVersion: 1,
        key,
        environment,
        production: true,
        as: 'production',
        ledgerId: record.id,
        repository: github.repository,
        runId,
        commit,
        version,
        openedAt: record.openedAt,
        rollbackTarget,
        autoAssign,
        url: vercel.domains[0] ?? '',
        mode,
        firstDeployment: false,
      };
    },
    async close() {
      await sandbox.close();
      rmSync(workspace, { recursive: true, force: true });
    },
  };
}

function makeCommits(folder: string, count: number): string[] {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  return Array.from({ length: count }, (_, index) => {
    writeFileSync(join(folder, 'index.html'), `<p>${index}</p>\n`);
    git('add', '.');
    git('commit', '--quiet', '-m', `commit ${index}`);
    return git('rev-parse', 'HEAD');
  });
}
