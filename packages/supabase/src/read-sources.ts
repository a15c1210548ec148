import { glob, readdir, readFile, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { findImports, type Imports, readImportMap } from './find-imports.ts';
import type { FunctionSource } from './function-types.ts';
import { SupabaseError } from './supabase-error.ts';

/** What `supabase/config.toml` says about one function; other keys are the CLI's own. */
const functionConfig = z.object({
  enabled: z.boolean().optional(),
  verify_jwt: z.boolean().optional(),
  entrypoint: z.string().optional(),
  import_map: z.string().optional(),
  static_files: z.array(z.string()).optional(),
});
type FunctionConfig = z.output<typeof functionConfig>;

const slugPattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const entrypoints = ['index.ts', 'index.js', 'index.tsx', 'index.jsx', 'index.mjs'];
const importMaps = ['deno.json', 'deno.jsonc', 'import_map.json'];

export interface SourcesRequest {
  /** Absolute path of the repository root. */
  root: string;
  /** Folder of the functions below it, e.g. `supabase/functions`. */
  directory: string;
  /** Only these; default all. */
  names?: readonly string[] | undefined;
}

/**
 * The functions of the repository as the Supabase CLI reads them: one folder each, `config.toml` beside the functions' folder.
 * @throws SupabaseError `functions_not_found`, `unknown_function`, `bad_functions_config`: before any request.
 */
export async function readFunctionSources(request: SourcesRequest): Promise<FunctionSource[]> {
  const folder = join(request.root, request.directory);
  if (!(await isKind(folder, 'directory'))) {
    throw new SupabaseError(
      'functions_not_found',
      `There is no folder ${request.directory} in the checkout. Name the folder of your edge functions with functions-dir.`,
    );
  }
  const config = await readConfig(join(folder, '..', 'config.toml'));
  const known = await findSlugs(folder, config);
  const unknown = (request.names ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new SupabaseError(
      'unknown_function',
      `${unknown.join(', ')}: no such function in ${request.directory}. There are: ${known.join(', ') || 'none'}.`,
    );
  }
  const wanted = request.names === undefined || request.names.length === 0 ? known : [...new Set(request.names)];
  return await Promise.all(wanted.map((slug) => readSource(request, slug, config[slug] ?? {})));
}

async function findSlugs(folder: string, config: Record<string, FunctionConfig>): Promise<string[]> {
  const slugs = new Set(Object.keys(config).filter((slug) => config[slug]?.entrypoint !== undefined));
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !slugPattern.test(entry.name)) continue;
    const files = await readdir(join(folder, entry.name));
    if (entrypoints.some((name) => files.includes(name))) slugs.add(entry.name);
  }
  return [...slugs].filter((slug) => config[slug]?.enabled !== false).toSorted();
}

async function readSource(
  { root, directory }: SourcesRequest,
  slug: string,
  config: FunctionConfig,
): Promise<FunctionSource> {
  const own = join(root, directory, slug);
  const fromConfig = (path: string) => pathBelow(root, resolve(root, directory, '..', path), slug);
  const first = async (folder: string, names: readonly string[]) => {
    for (const name of names) if (await isKind(join(folder, name), 'file')) return join(folder, name);
    return undefined;
  };
  const entrypoint =
    config.entrypoint === undefined
      ? pathBelow(root, (await first(own, entrypoints)) ?? join(own, 'index.ts'), slug)
      : fromConfig(config.entrypoint);
  const shared = join(root, directory, 'import_map.json');
  const foundMap = (await first(own, importMaps)) ?? ((await isKind(shared, 'file')) ? shared : undefined);
  const importMap =
    config.import_map !== undefined
      ? fromConfig(config.import_map)
      : foundMap === undefined
        ? undefined
        : pathBelow(root, foundMap, slug);
  const staticPatterns = (config.static_files ?? []).map(fromConfig);
  const files = new Map<string, Uint8Array>();
  const missing: string[] = [];
  const add = async (path: string): Promise<string | undefined> => {
    const content = await readFile(join(root, pathBelow(root, join(root, path), slug))).catch(() => undefined);
    if (content === undefined) missing.push(path);
    else files.set(path, content);
    return content?.toString('utf8');
  };
  const imports = importMap === undefined ? {} : await addImportMap(importMap, add);
  for (const pattern of staticPatterns) {
    for await (const path of glob(pattern, { cwd: root })) {
      if (await isKind(join(root, path), 'file')) await add(path.split(sep).join('/'));
    }
  }
  await walk(entrypoint, imports, files, add);
  return {
    slug,
    entrypoint,
    ...(importMap === undefined ? {} : { importMap }),
    verifyJwt: config.verify_jwt ?? true,
    staticPatterns,
    files: [...files].map(([path, content]) => ({ path, content })),
    missing,
  };
}

async function addImportMap(path: string, add: (path: string) => Promise<string | undefined>): Promise<Imports> {
  const text = await add(path);
  if (text === undefined) return {};
  try {
    const { imports, reference } = readImportMap(path, text);
    const referenced = reference === undefined ? undefined : await add(reference);
    return reference === undefined || referenced === undefined ? imports : readImportMap(reference, referenced).imports;
  } catch (cause) {
    throw new SupabaseError('bad_functions_config', `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

async function walk(
  entrypoint: string,
  imports: Imports,
  files: Map<string, Uint8Array>,
  add: (path: string) => Promise<string | undefined>,
): Promise<void> {
  const queue = [entrypoint];
  const seen = new Set<string>();
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const text = files.has(path) ? Buffer.from(files.get(path) ?? []).toString('utf8') : await add(path);
    if (text !== undefined && /\.[cm]?[jt]sx?$/.test(path)) queue.push(...findImports(path, text, imports));
  }
}

/** Only files of the repository are uploaded: an import must not reach the runner's disk. */
function pathBelow(root: string, path: string, slug: string): string {
  const below = relative(root, path).split(sep).join('/');
  if (!below.startsWith('../') && below !== '..' && !/^([A-Za-z]:|\/)/.test(below)) return below;
  throw new SupabaseError('bad_functions_config', `Function ${slug} names a file outside the repository: ${below}.`);
}

async function readConfig(path: string): Promise<Record<string, FunctionConfig>> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return {};
  try {
    const { functions } = z.object({ functions: z.record(z.string(), functionConfig).optional() }).parse(parse(text));
    return functions ?? {};
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new SupabaseError('bad_functions_config', `config.toml beside the functions cannot be read: ${why}`, {
      cause,
    });
  }
}

async function isKind(path: string, kind: 'file' | 'directory'): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return kind === 'file' ? found?.isFile() === true : found?.isDirectory() === true;
}
