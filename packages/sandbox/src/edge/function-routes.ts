import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { asText } from '../http/answer.ts';

/** One function of a deployment: its file and the paths that it answers. */
export interface FunctionRoute {
  file: string;
  pattern: RegExp;
  /** Names of `[name]` segments, which become query parameters. */
  names: string[];
  /** Plain paths win over those with `[name]`. */
  dynamic: boolean;
}

const sources = /\.(js|mjs|cjs|ts|mts)$/;

/** Finds `api/**` of an app, or `*.func` of a prebuilt output. Files and folders that begin with `_` or `.` are no functions. */
export async function findFunctions(root: string, prebuilt: boolean): Promise<FunctionRoute[]> {
  const routes = prebuilt ? await prebuiltFunctions(join(root, 'functions')) : await apiFunctions(root);
  return routes.sort((one, other) => Number(one.dynamic) - Number(other.dynamic));
}

async function apiFunctions(root: string): Promise<FunctionRoute[]> {
  const files = await filesBelow(join(root, 'api'));
  return files.flatMap((file) => {
    const path = relative(root, file).split(sep);
    const hidden = path.some((segment) => /^[_.]/.test(segment));
    if (hidden || !sources.test(file) || /\.d\.[cm]?ts$|\.test\./.test(file)) return [];
    return [routeOf(file, path.join('/').replace(sources, ''))];
  });
}

async function prebuiltFunctions(folder: string): Promise<FunctionRoute[]> {
  const files = (await filesBelow(folder)).filter((file) => file.endsWith(`${sep}.vc-config.json`));
  const routes = await Promise.all(
    files.map(async (file) => {
      const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      const handler = asText(config.handler);
      const path = relative(folder, join(file, '..'))
        .split(sep)
        .join('/')
        .replace(/\.func$/, '');
      return handler === undefined ? undefined : routeOf(join(file, '..', handler), path);
    }),
  );
  return routes.filter((route) => route !== undefined);
}

function routeOf(file: string, path: string): FunctionRoute {
  const names: string[] = [];
  const segments = path.replace(/\/?index$/, '').split('/');
  const source = segments
    .map((segment) => {
      const name = /^\[(?:\.\.\.)?(.+)\]$/.exec(segment)?.[1];
      if (name === undefined) return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      names.push(name);
      return segment.startsWith('[...') ? '(.+)' : '([^/]+)';
    })
    .join('/');
  return { file, pattern: new RegExp(`^/${source}/?$`), names, dynamic: names.length > 0 };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
