import { readFile } from 'node:fs/promises';
import type { ReadReference } from '#config/extend-chain';
import { ConfigError, describeConfigProblem, loadConfig } from '#config/load-config';
import { readReference } from '#config/read-reference';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { openApps } from '#release/open-apps';
import { isLoopback } from '#vercel/is-loopback';
import type { VercelProject } from '#vercel/project';
import { workspaceIdentity } from './run-identity.ts';

export interface EnvironmentOptions {
  environment: string;
  config: string;
  /** As the workflow file says it; a person's command line counts as much (S11). */
  throwAway?: true;
  repository?: string;
  vercelProject?: string;
  vercelTeam?: string;
  json?: true;
}

/** Wrong use: everything that is missing or mistaken at once. */
export class UsageError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.name = 'UsageError';
    this.problems = problems;
  }
}

export interface OpenEnvironment {
  github: GitHub;
  settings: EnvironmentSettings;
  /** Stands in for a release key: a command has no run. GitHub itself records who did it. */
  key: string;
  openProject(): Promise<VercelProject>;
}

/** One environment for a command: settings, GitHub, and Vercel when it is needed. @throws UsageError. */
export async function openEnvironment(
  options: EnvironmentOptions,
  { githubToken = 'required' }: { githubToken?: 'required' | 'optional' } = {},
): Promise<OpenEnvironment> {
  const { GITHUB_TOKEN: token, GITHUB_API_URL: apiUrl, GITHUB_REPOSITORY: given } = process.env;
  const repository = options.repository ?? given ?? (await workspaceIdentity(process.cwd())).repository;
  if (!token && githubToken === 'required')
    throw new UsageError(['GITHUB_TOKEN is not set: lock and ledger are kept on GitHub (deployments: write)']);
  const settings = await settingsOf(options);
  const github = createGitHub({ apiUrl: apiUrl || 'https://api.github.com', token: token ?? '', repository });
  return {
    settings,
    github,
    key: `${repository}:${settings.environment}:by-hand-${Date.now()}`,
    openProject: () => openProject(options, settings, github),
  };
}

async function openProject(
  options: EnvironmentOptions,
  settings: EnvironmentSettings,
  github: GitHub,
): Promise<VercelProject> {
  const { VERCEL_TOKEN: token, OPS_ACTIONS_VERCEL_API_URL: apiUrl } = process.env;
  const project = options.vercelProject ?? settings.vercel.project;
  const team = options.vercelTeam ?? settings.vercel.team;
  const problems: string[] = [];
  if (!token) problems.push('VERCEL_TOKEN is not set');
  if (project === undefined) problems.push(`--vercel-project is missing, and ${options.config} names none`);
  if (apiUrl && !isLoopback(new URL(apiUrl).hostname)) {
    problems.push('OPS_ACTIONS_VERCEL_API_URL may only be an address of this machine (S11)');
  }
  if (!token || project === undefined || problems.length > 0) throw new UsageError(problems);
  const connection = {
    apiUrl: apiUrl || 'https://api.vercel.com',
    token,
    project,
    ...(team === undefined ? {} : { team }),
    as: settings.vercel.as ?? ('production' as const),
    log: (line: string) => void process.stderr.write(`${line}\n`),
  };
  return await openApps({ connection, settings, github, wayBack: true });
}

/** Reads what a configuration extends, with GITHUB_TOKEN where another repository is private. */
export function referenceReader(): ReadReference {
  const { GITHUB_API_URL: apiUrl, GITHUB_TOKEN: token } = process.env;
  return async (reference) => await readReference({ apiUrl: apiUrl || 'https://api.github.com', token }, reference);
}

export async function settingsOf(options: EnvironmentOptions): Promise<EnvironmentSettings> {
  const text = await readFile(options.config, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const { config: file, environment, throwAway: marked = false } = options;
  const judge = async (throwAway: boolean) =>
    await loadConfig({
      file,
      text,
      environment,
      throwAway,
      readReference: referenceReader(),
    });
  try {
    return (await judge(marked)).settings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map(describeConfigProblem);
    const weakened = !marked && (await judge(true).catch(() => undefined)) !== undefined;
    const hint = `Where the data of ${environment} may be lost: --throw-away judges ${file} as a workflow file does that says throw-away: true`;
    throw new UsageError(weakened ? [...problems, hint] : problems);
  }
}
