import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What the folder of one app says about it. */
export interface AppFacts {
  framework?: string;
  scripts: Record<string, string>;
  workspaces: boolean;
  /** Paths that answer for its health, shortest first. */
  healthPaths: string[];
}

const frameworks: [dependency: string, name: string][] = [
  ['next', 'Next.js'],
  ['nuxt', 'Nuxt'],
  ['@sveltejs/kit', 'SvelteKit'],
  ['@remix-run/react', 'Remix'],
  ['@react-router/dev', 'React Router'],
  ['astro', 'Astro'],
  ['gatsby', 'Gatsby'],
  ['@angular/core', 'Angular'],
  ['@solidjs/start', 'SolidStart'],
  ['vite', 'Vite'],
];

/** Where frameworks keep their API routes, and how the file of a route is called. */
const routeFolders: { folder: string; form: RegExp }[] = [
  { folder: 'app/api', form: /^route\.[cm]?[jt]sx?$/ },
  { folder: 'src/app/api', form: /^route\.[cm]?[jt]sx?$/ },
  { folder: 'src/routes/api', form: /^\+server\.[jt]s$/ },
  { folder: 'pages/api', form: /\.[cm]?[jt]sx?$/ },
  { folder: 'src/pages/api', form: /\.[cm]?[jt]sx?$/ },
  { folder: 'server/api', form: /\.[jt]s$/ },
  { folder: 'api', form: /\.([cm]?[jt]s|py|go|rb)$/ },
];

/** Reads package.json and looks for health routes. A folder without either gives empty facts. */
export async function readApp(folder: string): Promise<AppFacts> {
  const json = await readPackage(folder);
  const dependencies = { ...record(json.devDependencies), ...record(json.dependencies) };
  const framework = frameworks.find(([dependency]) => Object.hasOwn(dependencies, dependency))?.[1];
  const healthPaths = (await Promise.all(routeFolders.map((routes) => findHealth(folder, routes)))).flat();
  const scripts = Object.entries(record(json.scripts)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    ...(framework && { framework }),
    scripts: Object.fromEntries(scripts),
    workspaces: json.workspaces !== undefined,
    healthPaths: [...new Set(healthPaths)].sort((a, b) => a.length - b.length || a.localeCompare(b)).slice(0, 10),
  };
}

async function findHealth(app: string, { folder, form }: (typeof routeFolders)[number]): Promise<string[]> {
  const found: string[] = [];
  const walk = async (path: string, route: string, depth: number): Promise<void> => {
    const entries = await readdir(join(app, path), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      // A route with a parameter has no address of its own; the first level must be about health.
      const name = entry.isDirectory() ? entry.name : entry.name.replace(/(\.get)?\.[^.]+$/, '');
      const plain = /^[a-z][a-z0-9-]*$/.test(name);
      if (depth === 0 && !/^health(z|-?check)?$/.test(name)) continue;
      if (entry.isDirectory()) {
        if (plain && depth < 2) await walk(`${path}/${entry.name}`, `${route}/${name}`, depth + 1);
      } else if (form.test(entry.name)) {
        const isIndex = /^(route|\+server|index)$/.test(name);
        if (isIndex || (plain && !/\.(test|spec|d)$/.test(name))) found.push(isIndex ? route : `${route}/${name}`);
      }
    }
  };
  await walk(folder, '/api', 0);
  return found;
}

async function readPackage(folder: string): Promise<Record<string, unknown>> {
  try {
    return record(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  } catch {
    // Not every app is written for Node.
    return {};
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
