import { spawn } from 'node:child_process';
import { access, cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { asRecord, asText } from '../http/answer.ts';
import type { ServedFolders } from './vercel-records.ts';

/** A build that failed as Vercel's would; `code` and message go to the deployment. */
export class BuildFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface BuildInput {
  /** Folder with the uploaded files. */
  folder: string;
  rootDirectory: string | null;
  prebuilt: boolean;
  environment: Record<string, string>;
  log(line: string, error?: boolean): void;
}

/**
 * Builds what was uploaded: finds the project's Root Directory, links dependencies, runs the build command where there
 * is one. Dependencies come from the packages installed beside the sandbox, for it works without network; one that is
 * not there fails the build by name. @throws BuildFailure
 */
export async function buildDeployment(input: BuildInput): Promise<ServedFolders> {
  const root = join(input.folder, input.rootDirectory ?? '.');
  if (!(await exists(root))) {
    throw new BuildFailure('NOT_FOUND', `The specified Root Directory "${input.rootDirectory}" does not exist.`);
  }
  if (input.prebuilt) return prebuiltFolders(root);
  const manifest = (await readJson(join(root, 'package.json'))) ?? {};
  const settings = (await readJson(join(root, 'vercel.json'))) ?? {};
  await linkDependencies(root, manifest, input.log);
  const scripts = asRecord(manifest.scripts) ?? {};
  const command = asText(settings.buildCommand) ?? asText(scripts['vercel-build']) ?? asText(scripts.build);
  if (command !== undefined) await runBuild(command, root, input);
  const output = asText(settings.outputDirectory) ?? ((await exists(join(root, 'public'))) ? 'public' : '.');
  const files = join(root, output);
  if (!(await exists(files))) {
    throw new BuildFailure('BUILD_FAILED', `No Output Directory named "${output}" found after the Build completed.`);
  }
  return {
    files,
    filesAreSource: output === '.',
    ...((await exists(join(root, 'api'))) && { functions: root }),
  };
}

/** Build Output API v3: `.vercel/output/static` and `.vercel/output/functions/<path>.func`. */
async function prebuiltFolders(root: string): Promise<ServedFolders> {
  const output = join(root, '.vercel', 'output');
  if (!(await exists(join(output, 'config.json')))) {
    throw new BuildFailure('BUILD_FAILED', 'The prebuilt output has no .vercel/output/config.json.');
  }
  const files = join(output, 'static');
  await mkdir(files, { recursive: true });
  return { files, filesAreSource: false, ...((await exists(join(output, 'functions'))) && { functions: output }) };
}

async function linkDependencies(
  root: string,
  manifest: Record<string, unknown>,
  log: BuildInput['log'],
): Promise<void> {
  const names = Object.keys(asRecord(manifest.dependencies) ?? {});
  if (names.length === 0) return;
  const modules = join(root, 'node_modules');
  for (const name of names) {
    const target = join(modules, ...name.split('/'));
    if (await exists(target)) continue;
    const installed = await installedFolder(name);
    if (installed === undefined) {
      throw new BuildFailure(
        'BUILD_FAILED',
        `Command "npm install" exited with 1: the sandbox builds without network, and ${name} is not among the packages installed beside it.`,
      );
    }
    await mkdir(dirname(target), { recursive: true });
    // A link, so that the dependency finds its own dependencies where it really is.
    await symlink(installed, target, 'dir');
  }
  log(`linked ${names.join(', ')}`);
}

async function installedFolder(name: string): Promise<string | undefined> {
  const paths = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const path of paths) {
    const folder = join(path, ...name.split('/'));
    if (await exists(join(folder, 'package.json'))) return folder;
  }
  return undefined;
}

async function runBuild(command: string, root: string, input: BuildInput): Promise<void> {
  input.log(`Running "${command}"`);
  const child = spawn('sh', ['-c', command], {
    cwd: root,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}`,
      HOME: input.folder,
      CI: '1',
      VERCEL: '1',
      ...input.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => input.log(chunk.toString().trimEnd()));
  child.stderr.on('data', (chunk: Buffer) => input.log(chunk.toString().trimEnd(), true));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new BuildFailure('BUILD_FAILED', `Command "${command}" exited with ${code}`);
}

/** Copies a deployment's sources, without what a build added. */
export async function copySources(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, filter: (path) => !path.split(sep).includes('node_modules') });
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return asRecord(JSON.parse(text));
  } catch (error) {
    throw new BuildFailure('BUILD_FAILED', `${path.split(sep).at(-1)} is not valid JSON: ${(error as Error).message}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
