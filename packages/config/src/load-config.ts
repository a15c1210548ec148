import { ConfigError, type ConfigProblem } from './config-error.ts';
import { findCrossProblems } from './cross-checks.ts';
import { closest } from './did-you-mean.ts';
import { disorderedLimits, doubtfulLimits } from './doubtful-limits.ts';
import { type ReadReference, readChain } from './extend-chain.ts';
import { findAppProblems } from './find-app-problems.ts';
import { problemAt } from './find-problems.ts';
import { isPart, merge } from './merge.ts';
import { changesNothing, findNotActedOn } from './not-acted-on.ts';
import type { EnvironmentLayer } from './ops-schema.ts';
import { applyPolicy, readPolicy } from './policy.ts';
import type { Path } from './read-document.ts';
import { showPath } from './read-document.ts';
import type { ReadLayer } from './read-layer.ts';
import type { EnvironmentSettings } from './settings.ts';
import { toSettings } from './to-settings.ts';
import { findWeakenings, isProduction } from './trust-limits.ts';

export { ConfigError, type ConfigProblem, describeConfigProblem } from './config-error.ts';

/** What is read and for which environment; `throwAway` comes from the workflow file (S11). */
export interface ConfigRequest {
  file: string;
  text: string;
  environment: string;
  throwAway: boolean;
  /** Floors that the workflow file names. */
  policy?: { file: string; text: string };
  readReference: ReadReference;
}

/**
 * Reads `.github/ops.yml`, what it extends, and returns the settings of one environment. Nearest wins: the environment in
 * the file, the top of the file, then the same two of what it extends. Throws ConfigError with every mistake at once.
 */
export async function loadConfig(given: ConfigRequest): Promise<{ settings: EnvironmentSettings; warnings: string[] }> {
  const chain = await readChain(given.file, given.text, given.readReference);
  const problems = chain.flatMap((layer) => [...layer.problems, ...findCrossProblems(layer, chain)]);
  const declared = environmentNames(chain);
  // An action used alone may name no environment: it gets the top of the file, judged as production.
  if (given.environment !== '' && declared.length > 0 && !declared.includes(given.environment))
    problems.push(unknownEnvironment(chain, given, declared));
  const policy = given.policy === undefined ? undefined : readPolicy(given.policy.file, given.policy.text);
  const written = mergeEnvironment(chain, given.environment);
  const { environment: merged, below } =
    policy === undefined ? { environment: written, below: [] } : applyPolicy(written, policy);
  problems.push(...(policy?.problems ?? []));
  for (const { path, message } of below) problems.push(problemOf(chain, given.environment, path, message));
  const production = isProduction(given.environment, given.throwAway);
  if (production) {
    for (const weakening of findWeakenings(merged, given.environment)) {
      problems.push(problemOf(chain, given.environment, weakening.path, weakening.message));
    }
  }
  // Only for files that are sound in themselves: what was taken out of a wrong one would seem to be missing.
  if (problems.length === 0) problems.push(...findSharedProjects(chain, declared));
  for (const missing of problems.length === 0 ? [...findIncomplete(merged), ...findAppProblems(merged)] : [])
    problems.push(problemOf(chain, given.environment, missing.path, missing.message));
  if (problems.length > 0) throw new ConfigError(problems);
  const productionHosts = production ? [] : hostsOfProduction(chain, declared, given.environment);
  return {
    settings: {
      ...toSettings(merged, given.environment, production),
      ...(productionHosts.length === 0 ? {} : { productionHosts }),
    },
    warnings: findWarnings(chain, merged, given.environment),
  };
}

/** Names of all environments in the chain, in the order of the files. */
export function environmentNames(chain: readonly ReadLayer[]): string[] {
  return [...new Set(chain.flatMap(({ layer }) => Object.keys(layer.environments ?? {})))];
}

/** Where users are: what is done to try something out must not reach these. */
function hostsOfProduction(chain: readonly ReadLayer[], names: readonly string[], own: string): string[] {
  const others = names.filter((name) => name !== own && isProduction(name, false));
  const hosts = others.flatMap((name) => {
    const { url, vercel } = mergeEnvironment(chain, name);
    return [url === undefined ? undefined : new URL(url).host, vercel?.alias];
  });
  return [...new Set(hosts.filter((host) => host !== undefined))];
}

/** The four levels of each file laid on each other, farthest first. */
export function mergeEnvironment(chain: readonly Pick<ReadLayer, 'layer'>[], name: string): EnvironmentLayer {
  let merged: unknown = {};
  for (const { layer } of [...chain].reverse()) {
    const { version: _version, extends: _extends, environments, ...top } = layer;
    const own = environments && Object.hasOwn(environments, name) ? environments[name] : undefined;
    merged = merge(merge(merged, top), own);
  }
  return merged as EnvironmentLayer;
}

function findIncomplete({ vercel, watch, database }: EnvironmentLayer): { path: readonly string[]; message: string }[] {
  const found: { path: readonly string[]; message: string }[] = [];
  const need = (path: readonly string[], key: string) =>
    found.push({ path, message: `needs ${[...path.slice(0, -1), key].join('.')} beside it` });
  if (vercel?.as === 'custom-environment' && !vercel['custom-environment'])
    need(['vercel', 'as'], 'custom-environment');
  if (vercel?.as === 'alias' && !vercel.alias) need(['vercel', 'as'], 'alias');
  if (watch?.source?.[0] === 'http-json' && !watch['http-json']) need(['watch', 'source'], 'http-json');
  if (database?.backup?.destination?.includes('directory') && !database.backup.path)
    need(['database', 'backup', 'destination'], 'path');
  if (database?.command !== undefined && database['on-failure']?.includes('rollback-sql')) {
    const message = 'rollback-sql takes files back, and database.command migrates without them';
    found.push({ path: ['database', 'on-failure'], message });
  }
  if (watch?.interval !== undefined && watch.window !== undefined && watch.interval > watch.window) {
    found.push({ path: ['watch', 'interval'], message: 'is longer than watch.window' });
  }
  return found;
}

/** Two environments that would both move the production domains of one Vercel project: staging would release to production. */
function findSharedProjects(chain: readonly ReadLayer[], names: readonly string[]): ConfigProblem[] {
  const owners = new Map<string, string>();
  return names.flatMap((name) => {
    const { vercel, apps } = mergeEnvironment(chain, name);
    const { project, as = 'production' } = vercel ?? {};
    if (as !== 'production') return [];
    const projects = [project, ...Object.values(apps ?? {}).map((app) => app.project)];
    // Twice in one environment is said by its own check.
    return [...new Set(projects)].flatMap((each) => {
      if (each === undefined) return [];
      const other = owners.get(each);
      owners.set(each, other ?? name);
      if (other === undefined) return [];
      const which = isProduction(name, false) && !isProduction(other, false) ? other : name;
      const { document } = chain.find(({ layer }) => layer.environments?.[which]) ?? (chain[0] as ReadLayer);
      const message = `${other} and ${name} would both move the production domains of the Vercel project ${each}: give ${which} a project of its own, or vercel.as: custom-environment or alias`;
      return [problemAt(document, ['environments', which], 'key', message)];
    });
  });
}

/** A problem of the merged environment, at the nearest line that set the value. */
function problemOf(
  chain: readonly ReadLayer[],
  environment: string,
  path: readonly string[],
  message: string,
): ConfigProblem {
  for (const { document, layer } of chain) {
    for (const base of [['environments', environment], []]) {
      const whole: Path = [...base, ...path];
      if (reaches(layer, whole)) return problemAt(document, whole, 'value', message);
    }
  }
  const own = chain[0] as ReadLayer;
  return { file: own.document.file, line: 1, path: showPath(path), message };
}

function reaches(layer: unknown, path: Path): boolean {
  const value = path.reduce<unknown>(
    (part, step) => (isPart(part) && Object.hasOwn(part, step) ? part[String(step)] : undefined),
    layer,
  );
  return value !== undefined;
}

function unknownEnvironment(chain: readonly ReadLayer[], given: ConfigRequest, declared: string[]): ConfigProblem {
  const near = closest(given.environment, declared);
  const hint = near ? `; did you mean ${near}?` : '';
  const message = `there is no environment "${given.environment}" here, which the workflow names${hint}`;
  const document = (chain.find(({ layer }) => layer.environments) ?? (chain[0] as ReadLayer)).document;
  return problemAt(document, ['environments'], 'key', message, declared.join(', '));
}

function findWarnings(chain: readonly ReadLayer[], merged: EnvironmentLayer, environment: string): string[] {
  const warnings: string[] = [];
  const later = findNotActedOn(merged);
  if (later.length > 0)
    warnings.push(`${chain[0]?.document.file}: read but not acted on by this version: ${later.join(', ')}`);
  const open = chain.flatMap(({ document, placeholders }) =>
    placeholders
      .filter(({ path }) => leftOpen(merged, path, environment))
      .map(({ path, text }) => `${showPath(path)} ${text} (${document.file})`),
  );
  if (open.length > 0) warnings.push(`${chain[0]?.document.file}: left to you and not written: ${open.join(', ')}`);
  const rules = merged.watch?.rules ?? [];
  const alerts = (merged.alerts ?? []).map(({ when }) => when);
  for (const doubt of [...doubtfulLimits(rules), ...disorderedLimits(rules, alerts)])
    warnings.push(`${chain[0]?.document.file}: watch.rules ${doubt}`);
  return warnings;
}

function leftOpen(merged: EnvironmentLayer, path: Path, environment: string): boolean {
  const [head, name, ...rest] = path;
  if (head === 'environments' && name !== environment) return false;
  const own = head === 'environments' ? rest : path;
  return !reaches(merged, own) && !changesNothing(own);
}
