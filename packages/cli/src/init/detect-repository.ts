import { readdir, readFile, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { runTool } from '#child-process/run-tool';
import { repositoryOf } from '../run-identity.ts';
import { type AppFacts, readApp } from './detect-app.ts';
import type { Detected, PackageManager } from './detected.ts';

/** Looks at a repository without changing or running anything but git; `app` names the folder where there are several. */
export async function detectRepository(folder: string, app?: string): Promise<Detected> {
  const root = (await git(folder, ['rev-parse', '--show-toplevel'])) ?? folder;
  const links = await readVercelLinks(root);
  const apps = await findApps(root, links);
  const chosen = app === undefined ? pick(apps, links) : normal(app);
  const facts = await readApp(join(root, chosen));
  const rootFacts = chosen === '.' ? facts : await readApp(root);
  const remote = await git(root, ['remote', 'get-url', 'origin']);
  const repository = repositoryOf(remote);
  const vercel = links.find(({ directory }) => directory === chosen) ?? (links.length === 1 ? links[0] : undefined);
  const supabase = (await findSupabase(root, chosen)) ?? (await findSupabase(root, '.'));
  const defaultBranch = await readDefaultBranch(root);
  return {
    root,
    git: (await git(folder, ['rev-parse', '--git-dir'])) !== undefined,
    ...(repository && { repository }),
    defaultBranch,
    app: chosen,
    appExists: await isFolder(join(root, chosen)),
    otherApps:
      app === undefined && apps.length > 1 && !links.some(({ directory }) => directory === chosen)
        ? apps.filter((other) => other !== chosen)
        : [],
    ...(facts.framework && { framework: facts.framework }),
    ...(await monorepoOf(root, rootFacts)),
    packageManager: await packageManagerOf(root, chosen),
    ...smokeOf({ folder: chosen, scripts: facts.scripts }, { folder: '.', scripts: rootFacts.scripts }),
    checkScripts: checksOf(rootFacts.scripts, facts.scripts),
    healthPaths: facts.healthPaths,
    ...(vercel && { vercel: withoutDirectory(vercel) }),
    ...(supabase && { supabase }),
    gitDeployments: (await gitDeployments(root, chosen, defaultBranch)) ?? 'not-said',
  };
}

interface VercelLink {
  directory: string;
  project: string;
  name?: string;
  team?: string;
  file: string;
}

function withoutDirectory({ directory: _directory, ...link }: VercelLink): NonNullable<Detected['vercel']> {
  return link;
}

/** `.vercel/project.json` of the root and of each app, and `.vercel/repo.json` of linked monorepos. */
async function readVercelLinks(root: string): Promise<VercelLink[]> {
  const links: VercelLink[] = [];
  const repo = await readJson(join(root, '.vercel/repo.json'));
  for (const project of Array.isArray(repo?.projects) ? (repo.projects as Record<string, unknown>[]) : []) {
    const link = linkOf({ projectId: project.id, projectName: project.name, orgId: project.orgId ?? repo?.orgId });
    if (link) links.push({ ...link, directory: normal(String(project.directory ?? '.')), file: '.vercel/repo.json' });
  }
  for (const directory of ['.', ...(await workspaceFolders(root))]) {
    const file = posix.join(directory, '.vercel/project.json');
    const link = linkOf((await readJson(join(root, file))) ?? {});
    if (link && !links.some(({ project }) => project === link.project)) links.push({ ...link, directory, file });
  }
  return links;
}

function linkOf(json: Record<string, unknown>): { project: string; name?: string; team?: string } | undefined {
  const { projectId, orgId, projectName } = json;
  if (typeof projectId !== 'string' || !/^[\w-]{1,100}$/.test(projectId)) return undefined;
  const name = typeof projectName === 'string' && /^[\w.-]{1,100}$/.test(projectName) ? projectName : undefined;
  // A personal account has a user id here; only teams are named in requests.
  const team = typeof orgId === 'string' && /^team_\w+$/.test(orgId) ? orgId : undefined;
  return { project: projectId, ...(name && { name }), ...(team && { team }) };
}

async function findApps(root: string, links: readonly VercelLink[]): Promise<string[]> {
  const found: string[] = [];
  for (const directory of ['.', ...(await workspaceFolders(root))]) {
    const linked = directory !== '.' && links.some((link) => link.directory === directory);
    if (linked || (await readApp(join(root, directory))).framework) found.push(directory);
  }
  return found;
}

function pick(apps: readonly string[], links: readonly VercelLink[]): string {
  const linked = links.filter(({ directory }) => directory !== '.' || apps.length === 0);
  if (linked.length === 1) return linked[0]?.directory ?? '.';
  return apps[0] ?? '.';
}

/** Folders that may hold an app: one level below the usual places. */
async function workspaceFolders(root: string): Promise<string[]> {
  const places = ['apps', 'packages', 'sites', 'services'];
  const below = await Promise.all(
    places.map(async (place) => (await folders(join(root, place))).map((name) => `${place}/${name}`)),
  );
  return [
    ...(await folders(root)).filter((name) => ['frontend', 'web', 'app', 'site', 'client', 'www'].includes(name)),
    ...below.flat(),
  ];
}

async function folders(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return names
    .filter((name) => /^[\w.-]+$/.test(name) && name !== 'node_modules')
    .sort()
    .slice(0, 100);
}

async function monorepoOf(root: string, facts: AppFacts): Promise<{ monorepo?: string }> {
  if (await exists(join(root, 'turbo.json'))) return { monorepo: 'Turborepo' };
  if (await exists(join(root, 'nx.json'))) return { monorepo: 'Nx' };
  if (await exists(join(root, 'pnpm-workspace.yaml'))) return { monorepo: 'pnpm workspaces' };
  return facts.workspaces ? { monorepo: 'npm workspaces' } : {};
}

async function packageManagerOf(root: string, app: string): Promise<PackageManager> {
  const locks: [string, PackageManager][] = [
    ['pnpm-lock.yaml', 'pnpm'],
    ['yarn.lock', 'yarn'],
    ['bun.lock', 'bun'],
    ['bun.lockb', 'bun'],
  ];
  for (const folder of [app, '.']) {
    for (const [file, manager] of locks) if (await exists(join(root, folder, file))) return manager;
  }
  return 'npm';
}

function smokeOf(...packages: { folder: string; scripts: Record<string, string> }[]): Pick<Detected, 'smoke'> {
  for (const { folder, scripts } of packages) {
    const script = ['test:smoke', 'smoke', 'smoke-test', 'smoke:test'].find((name) => Object.hasOwn(scripts, name));
    if (script) return { smoke: { script, folder } };
  }
  return {};
}

function checksOf(root: Record<string, string>, app: Record<string, string>): string[] {
  const scripts = Object.keys(root).length > 0 ? root : app;
  const wanted = ['lint', 'typecheck', 'type-check', 'check-types', 'test'];
  // What `npm init` writes fails by design.
  return wanted.filter((name) => Object.hasOwn(scripts, name) && !/no test specified/.test(scripts[name] ?? ''));
}

async function findSupabase(root: string, folder: string): Promise<Detected['supabase']> {
  const config = posix.join(folder, 'supabase/config.toml');
  const migrations = posix.join(folder, 'supabase/migrations');
  const files = await readdir(join(root, migrations)).catch(() => []);
  const hasMigrations = files.some((name) => /^\d+_.*\.sql$/.test(name));
  const settings = await readFile(join(root, config), 'utf8').catch(() => undefined);
  if (!hasMigrations && settings === undefined) return undefined;
  const major = majorVersion(settings ?? '');
  const functions = posix.join(folder, 'supabase/functions');
  const entries = await readdir(join(root, functions)).catch(() => []);
  const entryPoints = await Promise.all(entries.map((name) => exists(join(root, functions, name, 'index.ts'))));
  return {
    config,
    ...(hasMigrations && { migrations }),
    ...(major !== undefined && { major }),
    ...(entryPoints.includes(true) && { functions }),
  };
}

/** `major_version` of the section `[db]`, which the Supabase CLI writes. */
function majorVersion(toml: string): number | undefined {
  const [, section = ''] = /^\[db\]\s*$([\s\S]*?)(?=^\[|(?![\s\S]))/m.exec(toml) ?? [];
  const [, major] = /^\s*major_version\s*=\s*(\d{2})\s*(?:#.*)?$/m.exec(section) ?? [];
  return major === undefined ? undefined : Number(major);
}

async function gitDeployments(root: string, app: string, branch: string): Promise<'off' | undefined> {
  for (const folder of new Set([app, '.'])) {
    const json = await readJson(join(root, folder, 'vercel.json'));
    const enabled = (json?.git as { deploymentEnabled?: unknown } | undefined)?.deploymentEnabled;
    if (enabled === false) return 'off';
    if (typeof enabled === 'object' && (enabled as Record<string, unknown> | null)?.[branch] === false) return 'off';
  }
  return undefined;
}

async function readDefaultBranch(root: string): Promise<string> {
  const remote = await git(root, ['symbolic-ref', '--quiet', '--short', 'refs/remotes/origin/HEAD']);
  const branch = remote?.replace(/^origin\//, '') ?? 'main';
  return /^[\w./-]{1,100}$/.test(branch) ? branch : 'main';
}

async function git(folder: string, args: string[]): Promise<string | undefined> {
  try {
    const { exitCode, stdout } = await runTool({ command: 'git', args: ['-C', folder, ...args], deadlineMs: 10_000 });
    return exitCode === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
  } catch {
    // Without git the defaults hold.
    return undefined;
  }
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : undefined;
  } catch {
    // A file that is missing or broken says nothing; nothing here depends on it.
    return undefined;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}

function normal(folder: string): string {
  const path = posix.normalize(folder.replaceAll('\\', '/')).replace(/^\.\//, '').replace(/\/+$/, '');
  return path === '' ? '.' : path;
}
