import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentSettings } from '#config/settings';
import type { GitHub } from '#github/client';
import type { VercelDeployment, VercelProject } from '#vercel/project';
import type { EnvironmentHistory } from './choose-rollback-target.ts';
import { readReleases } from './ledger.ts';
import { type EnvironmentPlace, readServed } from './move-domains.ts';
import { oneStepOf } from './one-step.ts';
import type { ReleaseRecord } from './release-record.ts';

/** Where an environment lives, from its settings. */
export function placeOf(settings: EnvironmentSettings): EnvironmentPlace {
  const as = settings.vercel.as ?? 'production';
  const fromUrl = settings.url === undefined ? undefined : new URL(settings.url).host;
  return { as, host: as === 'production' ? undefined : (settings.vercel.alias ?? fromUrl) };
}

/** Vercel's own word for the deployments of an environment. */
export function vercelTargetOf(settings: EnvironmentSettings): string {
  switch (settings.vercel.as ?? 'production') {
    case 'alias':
      return 'preview';
    case 'custom-environment':
      return settings.vercel.customEnvironment ?? settings.environment;
    default:
      return 'production';
  }
}

/** Ledger entries that are read to judge candidates; older ones count as not released by us. */
const releaseLimit = 25;
/** Vercel deployments that are looked at. */
const deploymentLimit = 50;

/** The newest ledger entries of an environment, newest first. */
export async function readRecentReleases(
  github: GitHub,
  environment: string,
  limit = releaseLimit,
): Promise<ReleaseRecord[]> {
  const releases: ReleaseRecord[] = [];
  for await (const release of readReleases(github, { environment })) {
    releases.push(release);
    if (releases.length >= limit) break;
  }
  return releases;
}

/** What Vercel and the ledger say about an environment; the current deployment is always among the deployments. */
export async function readHistory(
  project: VercelProject,
  settings: EnvironmentSettings,
  releases: readonly ReleaseRecord[],
  limit = deploymentLimit,
): Promise<EnvironmentHistory & { current: VercelDeployment | undefined; mixed: boolean }> {
  const place = placeOf(settings);
  const target = vercelTargetOf(settings);
  const [{ served, state }, listed] = await Promise.all([
    readNow(project, place),
    project.deployments({ target, limit }),
  ]);
  const current = served.deploymentId === undefined ? undefined : await currentOf(project, served.deploymentId, listed);
  const deployments =
    current === undefined || listed.some(({ id }) => id === current.id) ? listed : [current, ...listed];
  return {
    projectId: project.id,
    as: place.as,
    environment: settings.environment,
    vercelTarget: target,
    currentDeploymentId: served.deploymentId,
    deployments,
    listedSince: listed.length < limit ? undefined : listed.at(-1)?.createdAt,
    releases,
    oneStep: state && oneStepOf(state, settings, deployments),
    current,
    mixed: served.mixed,
  };
}

async function readNow(project: VercelProject, place: EnvironmentPlace) {
  if (place.as === 'production') {
    const state = await project.readState();
    return { state, served: await readServed(project, place, state) };
  }
  if (place.host === undefined) return { served: { deploymentId: undefined, mixed: false } };
  return { served: await readServed(project, place) };
}

/** Asked for alone because lists leave out what Vercel built it from. */
async function currentOf(
  project: VercelProject,
  id: string,
  listed: readonly VercelDeployment[],
): Promise<VercelDeployment | undefined> {
  return (await project.deployment(id)) ?? listed.find((deployment) => deployment.id === id);
}

/** Whether vercel.json switches Vercel's own deployments of this branch off (`git.deploymentEnabled`). */
export async function isGitDeploymentDisabled(
  workspace: string,
  folders: readonly (string | undefined)[],
  branch: string,
): Promise<boolean> {
  for (const folder of new Set(folders.map((name) => name ?? '.'))) {
    const text = await readFile(join(workspace, folder, 'vercel.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    try {
      const enabled = (JSON.parse(text) as { git?: { deploymentEnabled?: unknown } } | null)?.git?.deploymentEnabled;
      if (enabled === false) return true;
      if (typeof enabled === 'object' && enabled !== null && (enabled as Record<string, unknown>)[branch] === false)
        return true;
    } catch {
      // Vercel itself would refuse this file; it switches nothing off.
    }
  }
  return false;
}
