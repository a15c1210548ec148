import { messageOf } from '#http/error-reason';
import { cleanText } from '#http/text';
import type { ProjectGroup, VercelDeployment, VercelProject } from '#vercel/vercel-types';
import { settle } from './patience.ts';

/** What a rollback does not bring back, or brings back unasked, between two deployments: names only (FRB-14, trap 5). */
export interface RollbackDifferences {
  /** Variables of the project that changed after the target was built: it runs with the older values. */
  changed: string[];
  /** Variables that the target was built with and that the project has no more. */
  removed: string[];
  /** `/api/clean (0 5 * * *)` that run with the target and did not run before. */
  cronsAdded: string[];
  /** Those that ran before and do not run with the target. */
  cronsRemoved: string[];
  /** Custom aliases that still point at what production left: a rollback moves the production domains only (trap 5). */
  aliasesLeft: string[];
}

/** The two ends of a move, by the deployments of the first app. */
export interface MovedBetween {
  target: string;
  /** Deployments of further apps that the target was recorded with, by name. */
  apps?: Readonly<Record<string, string>> | undefined;
  left?: string | undefined;
  vercelTarget: string;
}

/**
 * What differs between what production left and what it goes back to, one sentence each; of a group for every project, by name.
 * What cannot be read of one of a group is said and hides nothing of the others.
 * @throws VercelError where the token may not read the variables of the one project there is.
 */
export async function tellDifferences(project: VercelProject, moved: MovedBetween): Promise<string[]> {
  const { group } = project;
  if (group === undefined) return await tellOne(project, moved);
  const { lead, others } = group;
  const [going, leaving] = await Promise.all([
    appsOf(group, moved.target, moved.apps ?? {}),
    moved.left === undefined ? undefined : appsOf(group, moved.left, {}),
  ]);
  const parts = [
    { name: lead.name, project: lead, target: moved.target, left: moved.left },
    ...others.map((app) => ({ ...app, target: going?.[app.name], left: leaving?.[app.name] })),
  ];
  const told = await Promise.all(
    parts.map(async ({ name, project: part, target, left }) => {
      const said = target === undefined ? undefined : await settle(tellOne(part, { ...moved, target, left }));
      const why =
        said === undefined ? 'nobody knows what it goes back to' : 'error' in said ? messageOf(said.error) : '';
      const sentences =
        said !== undefined && 'value' in said
          ? said.value
          : [`Which variables and cron jobs differ could not be read: ${why.replace(/\.$/, '')}.`];
      return sentences.map((sentence) => `${name}: ${sentence}`);
    }),
  );
  return told.flat();
}

/** Undefined where nobody knows all of them. */
async function appsOf(
  { others, goingWith }: ProjectGroup,
  deploymentId: string,
  recorded: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>> | undefined> {
  if (others.every(({ name }) => recorded[name] !== undefined)) return recorded;
  const found = await settle(goingWith(deploymentId));
  return 'value' in found ? { ...found.value, ...recorded } : recorded;
}

async function tellOne(project: VercelProject, moved: MovedBetween): Promise<string[]> {
  const read = await readRollbackDifferences(project, moved);
  return read === undefined ? [] : describeDifferences(read);
}

async function readRollbackDifferences(
  project: VercelProject,
  given: MovedBetween,
): Promise<RollbackDifferences | undefined> {
  const [target, left] = await Promise.all([
    project.deployment(given.target),
    given.left === undefined ? undefined : project.deployment(given.left),
  ]);
  if (target === undefined) return undefined;
  const [changed, present, aliases] = await Promise.all([
    project.variablesChangedSince(given.vercelTarget, target.createdAt),
    project.environmentNames(given.vercelTarget),
    left === undefined || left.id === target.id ? [] : project.aliasesOf(left.id),
  ]);
  // Before the move its domains still point at what is left.
  const moving = aliases.length === 0 ? [] : (await project.readState()).productionDomains;
  const staying = aliases.filter((host) => !moving.includes(host));
  return compareDeployments({ target, left, changed, present, aliases: staying });
}

/** Pure. */
export function compareDeployments(given: {
  target: Pick<VercelDeployment, 'variables' | 'crons'>;
  left: Pick<VercelDeployment, 'variables' | 'crons' | 'url'> | undefined;
  changed: readonly string[];
  /** Variables that the project has now. */
  present: readonly string[];
  /** What points at what production left, and does not move with it. */
  aliases: readonly string[];
}): RollbackDifferences {
  const { target, left, changed, present, aliases } = given;
  const removed = (target.variables ?? []).filter((name) => !isSystem(name) && !present.includes(name));
  const before = cronsOf(left);
  const after = cronsOf(target);
  // Where Vercel tells of one side only, nothing can be compared.
  const comparable = left?.crons !== undefined && target.crons !== undefined;
  return {
    changed: [...changed],
    removed,
    cronsAdded: comparable ? after.filter((cron) => !before.includes(cron)) : [],
    cronsRemoved: comparable ? before.filter((cron) => !after.includes(cron)) : [],
    aliasesLeft: aliases.filter((host) => host !== left?.url && !isGenerated(host)),
  };
}

/** Vercel's own variables are in no project. */
function isSystem(name: string): boolean {
  return /^(VERCEL|NEXT_PUBLIC_VERCEL)(_|$)/.test(name) || name === 'CI';
}

/** Vercel gives every branch an alias of its own, which belongs to the newest deployment of the branch. */
function isGenerated(host: string): boolean {
  return /-git-[\w-]+\.vercel\.app$/.test(host);
}

function cronsOf(deployment: Pick<VercelDeployment, 'crons'> | undefined): string[] {
  return (deployment?.crons ?? []).map(({ path, schedule }) => `${path} (${schedule})`);
}

/** Names in one sentence that is still short. */
const namedLimit = 10;

/** One sentence for each kind of difference; none where nothing differs. Pure. */
export function describeDifferences(differences: RollbackDifferences): string[] {
  const { changed, removed, cronsAdded, cronsRemoved, aliasesLeft } = differences;
  const sentence = (names: readonly string[], text: (list: string) => string) => {
    if (names.length === 0) return [];
    const named = names.slice(0, namedLimit).map((name) => cleanText(name, 100));
    const more = names.length - named.length;
    return [text(more > 0 ? `${named.join(', ')} and ${more} more` : named.join(', '))];
  };
  return [
    ...sentence(
      changed,
      (list) => `Environment variables changed since it was built, it has the older values: ${list}.`,
    ),
    ...sentence(removed, (list) => `Environment variables removed since it was built, it still has them: ${list}.`),
    ...sentence(cronsAdded, (list) => `Cron jobs that run again: ${list}.`),
    ...sentence(cronsRemoved, (list) => `Cron jobs that run no more: ${list}.`),
    ...sentence(
      aliasesLeft,
      (list) => `Custom aliases that still point at what was left, move them yourself: ${list}.`,
    ),
  ];
}
