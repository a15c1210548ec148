import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGitHub, type GitHub } from '#github/client';
import { closeMigrationRecord, openMigrationRecord } from '#release/migration-record';
import type { Sandbox, SandboxOptions } from '#sandbox/sandbox-types';
import { startSandbox } from '#sandbox/start-sandbox';

const actions = join(import.meta.dirname, '../..');

export interface Ran {
  code: number | null;
  log: string;
  outputs: Record<string, string>;
}

/** A repository that is checked out, and the GitHub that has it. */
export interface World {
  sandbox: Sandbox;
  workspace: string;
  github: GitHub;
  git(...words: string[]): string;
  commit(files: Record<string, string>): Promise<string>;
  /** Variables of the runner for one of its jobs. */
  environment(more?: { apiUrl?: string; isPublic?: boolean }): Promise<Record<string, string>>;
  /** Starts an action from its sources, as a process of its own; `apiUrl` is where it finds GitHub. */
  run(
    action: string,
    inputs: Record<string, string>,
    more?: { apiUrl?: string; onChild?: (child: ChildProcess) => void },
  ): Promise<Ran>;
  close(): Promise<void>;
}

export async function openWorld(options: SandboxOptions = {}): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'forward-fix-'));
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', workspace, '-c', 'user.name=T', '-c', 'user.email=t@example.com', ...words], {
      encoding: 'utf8',
    }).trim();
  git('init', '--quiet', '--initial-branch=main');
  git('commit', '--quiet', '--allow-empty', '--no-gpg-sign', '--message', 'Begin');
  const sandbox = await startSandbox({ postgres: false, gitDirectory: workspace, ...options });
  const { apiUrl, token, repository } = sandbox.description.github;
  const environment: World['environment'] = async (more = {}) => {
    const event = join(folder, 'event.json');
    await writeFile(event, JSON.stringify({ repository: { private: more.isPublic !== true } }));
    return {
      PATH: process.env.PATH ?? '',
      HOME: folder,
      GITHUB_WORKSPACE: workspace,
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: repository,
      GITHUB_REPOSITORY_ID: String(sandbox.repositoryId),
      GITHUB_SHA: git('rev-parse', 'HEAD'),
      GITHUB_API_URL: more.apiUrl ?? apiUrl,
      GITHUB_RUN_ID: '77',
      RUNNER_TEMP: folder,
      'INPUT_GITHUB-TOKEN': token,
      INPUT_ENVIRONMENT: 'production',
      'INPUT_THROW-AWAY': 'true',
    };
  };
  return {
    sandbox,
    workspace,
    github: createGitHub({ apiUrl, token, repository }),
    git,
    environment,
    async commit(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(workspace, path, '..'), { recursive: true });
        await writeFile(join(workspace, path), text);
      }
      git('add', '--all');
      git('commit', '--quiet', '--no-gpg-sign', '--message', 'Change');
      return git('rev-parse', 'HEAD');
    },
    async run(action, inputs, more = {}) {
      const output = join(folder, `output-${Math.random()}`);
      await writeFile(output, '');
      const child = spawn(process.execPath, [join(actions, action, 'src/index.ts')], {
        env: {
          ...(await environment(more)),
          GITHUB_OUTPUT: output,
          GITHUB_STEP_SUMMARY: join(folder, 'summary'),
          ...Object.fromEntries(Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
        },
      });
      let log = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (log += String(data)));
      more.onChild?.(child);
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      const found = (await readFile(output, 'utf8')).matchAll(/^([\w-]+)<<(\S+)\n(.*?)\n\2$/gms);
      return { code, log, outputs: Object.fromEntries([...found].map(([, name, , value]) => [name, value])) };
    },
    async close() {
      await sandbox.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const issuesOf = async ({ github }: World) =>
  await github.listIssues({ labels: ['ops-forward-fix'], state: 'all' });
export const branchesOf = ({ git }: World) =>
  git('for-each-ref', '--format=%(refname:short)', 'refs/heads/ops').split('\n').filter(Boolean);

/** A run of migrations as migrate-with-backup leaves it, stopped by `013_bad.sql`. */
export async function recordFailure(
  { github, git }: World,
  environment: string,
  sql: string,
  failed: { reasonCode: string; line: number } = { reasonCode: 'sql_error', line: 2 },
): Promise<void> {
  const file = { file: '013_bad.sql', version: '013', sql, phase: 'expand' as const };
  const given = { environment, production: true, ref: git('rev-parse', 'HEAD') };
  const id = await openMigrationRecord(github, given, { direction: 'forward', files: [file], held: [] });
  await closeMigrationRecord(github, id, { word: 'failed', failed: { version: '013', sqlstate: '42703', ...failed } });
}
