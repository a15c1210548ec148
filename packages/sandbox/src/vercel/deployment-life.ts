import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Listener } from '../http/listener.ts';
import { BuildFailure, buildDeployment } from './build-deployment.ts';
import { assignWhenReady } from './move-domains.ts';
import type { BuildOrder, DeploymentRecord, GitSource, ProjectRecord } from './vercel-records.ts';
import { VercelRefusal } from './vercel-refusal.ts';
import { deploymentsOf, randomName, type VercelState } from './vercel-state.ts';

export interface NewDeployment {
  project: ProjectRecord;
  name: string;
  target: 'production' | null;
  customEnvironment?: { id: string; slug: string };
  autoAssign: boolean;
  meta: Record<string, string>;
  source: DeploymentRecord['source'];
  gitSource?: GitSource;
  creator?: DeploymentRecord['creator'];
  prebuilt: boolean;
  /** READY in the answer already, as Vercel does with a few inline static files (facts §5). */
  instant: boolean;
  /** Of this deployment alone, over those of the project: while it runs, and while it is built. */
  variables?: Record<string, string>;
  buildVariables?: Record<string, string>;
  /** Writes the sources into the folder. */
  writeSources(folder: string): Promise<void>;
}

export interface DeploymentPlace {
  /** Folder for everything of the sandbox's deployments. */
  folder: string;
  /** Opens the deployment's own address. */
  listen(deploymentId: string): Promise<Listener>;
}

/** Records a deployment and starts its build; resolves as soon as Vercel would answer. */
export async function startDeployment(
  state: VercelState,
  place: DeploymentPlace,
  given: NewDeployment,
): Promise<DeploymentRecord> {
  const { project } = given;
  const id = `dpl_${randomName(28)}`;
  const folder = join(place.folder, id);
  await mkdir(folder, { recursive: true });
  await given.writeSources(folder);
  const listener = await place.listen(id);
  const first = deploymentsOf(state, project.id).every(({ readyState }) => readyState !== 'READY');
  const target = given.target ?? (first && !given.customEnvironment ? 'production' : null);
  const common = environmentOf(project, given, target, id, listener.host);
  const deployment: DeploymentRecord = {
    id,
    name: given.name,
    url: listener.host,
    listener,
    projectId: project.id,
    target,
    ...(given.customEnvironment && { customEnvironment: given.customEnvironment }),
    readyState: 'QUEUED',
    createdAt: nextCreation(state),
    autoAssign: given.autoAssign,
    alias: [],
    everProduction: false,
    productionSince: 0,
    meta: given.meta,
    ...(given.gitSource && { gitSource: given.gitSource }),
    source: given.source,
    creator: given.creator ?? { uid: state.user.uid, username: state.user.username },
    environment: { ...common, ...given.variables },
    buildEnvironment: { ...common, ...given.buildVariables },
    folder,
    buildLog: [],
  };
  state.deployments.set(id, deployment);
  const order: BuildOrder = state.builds.shift() ?? { end: 'READY' };
  if (given.instant && order.end === 'READY') await build(state, project, deployment, given.prebuilt, first);
  else schedule(state, project, deployment, order, given.prebuilt, first);
  return deployment;
}

function schedule(
  state: VercelState,
  project: ProjectRecord,
  deployment: DeploymentRecord,
  order: BuildOrder,
  prebuilt: boolean,
  first: boolean,
): void {
  if (order.end === 'BLOCKED') {
    end(deployment, order, 'BLOCKED');
    deployment.blockCode = order.errorCode ?? 'TEAM_ACCESS_REQUIRED';
    return;
  }
  const wait = order.delayMs ?? state.behaviour.readyDelayMs;
  state.later(wait / 2, () => {
    if (deployment.readyState !== 'QUEUED') return;
    deployment.readyState = 'BUILDING';
    deployment.buildingAt = Date.now();
    if (order.end === 'never') return;
    state.later(wait / 2, () => {
      if (deployment.readyState !== 'BUILDING') return;
      if (order.end === 'READY') return build(state, project, deployment, prebuilt, first);
      end(deployment, order, order.end === 'ERROR' ? 'ERROR' : 'CANCELED');
    });
  });
}

function end(deployment: DeploymentRecord, order: BuildOrder, state: 'ERROR' | 'CANCELED' | 'BLOCKED'): void {
  deployment.readyState = state;
  deployment.readyAt = Date.now();
  if (state === 'ERROR') {
    deployment.errorCode = order.errorCode ?? 'BUILD_FAILED';
    deployment.errorMessage = order.errorMessage ?? 'Command "npm run build" exited with 1';
    deployment.buildLog.push({ at: Date.now(), text: `Error: ${deployment.errorMessage}`, error: true });
  } else if (order.errorMessage !== undefined) {
    deployment.errorMessage = order.errorMessage;
  } else if (state === 'BLOCKED') {
    const author = deployment.meta.githubCommitAuthorName || deployment.meta.gitCommitAuthorName || 'unknown';
    deployment.errorMessage = `Git author ${author} must have access to the project on Vercel to create deployments.`;
  }
}

async function build(
  state: VercelState,
  project: ProjectRecord,
  deployment: DeploymentRecord,
  prebuilt: boolean,
  first: boolean,
): Promise<void> {
  deployment.buildingAt ??= Date.now();
  try {
    deployment.served = await buildDeployment({
      folder: deployment.folder,
      rootDirectory: project.rootDirectory,
      prebuilt,
      environment: deployment.buildEnvironment,
      log: (text, error = false) => deployment.buildLog.push({ at: Date.now(), text, error }),
    });
  } catch (error) {
    const failure = error instanceof BuildFailure ? error : new BuildFailure('BUILD_FAILED', String(error));
    end(deployment, { end: 'ERROR', errorCode: failure.code, errorMessage: failure.message }, 'ERROR');
    return;
  }
  // It may have been canceled meanwhile.
  if (deployment.readyState === 'CANCELED' || deployment.readyState === 'DELETED') return;
  deployment.readyState = 'READY';
  deployment.readyAt = Date.now();
  deployment.buildLog.push({ at: Date.now(), text: 'Build Completed', error: false });
  assignWhenReady(state, project, deployment, first);
}

/** Creation times are unique, so that lists page by them without losing one. */
function nextCreation(state: VercelState): number {
  const last = [...state.deployments.values()].at(-1)?.createdAt ?? 0;
  return Math.max(Date.now(), last + 1);
}

function environmentOf(
  project: ProjectRecord,
  given: NewDeployment,
  target: 'production' | null,
  id: string,
  host: string,
): Record<string, string> {
  const wanted = given.customEnvironment?.id ?? target ?? 'preview';
  const own = project.env.filter((variable) => variable.target.includes(wanted));
  const git = given.gitSource;
  return {
    ...Object.fromEntries(own.map(({ key, value }) => [key, value])),
    VERCEL: '1',
    VERCEL_ENV: target ?? 'preview',
    VERCEL_TARGET_ENV: given.customEnvironment?.slug ?? target ?? 'preview',
    VERCEL_URL: host,
    VERCEL_REGION: 'iad1',
    VERCEL_DEPLOYMENT_ID: id,
    VERCEL_PROJECT_ID: project.id,
    VERCEL_GIT_COMMIT_SHA: git?.sha ?? given.meta.githubCommitSha ?? given.meta.gitCommitSha ?? '',
    VERCEL_GIT_COMMIT_REF: git?.ref ?? given.meta.githubCommitRef ?? given.meta.gitCommitRef ?? '',
    VERCEL_GIT_REPO_OWNER: git?.org ?? '',
    VERCEL_GIT_REPO_SLUG: git?.repo ?? '',
    VERCEL_PROJECT_PRODUCTION_URL: project.domains[0]?.name ?? host,
    VERCEL_AUTOMATION_BYPASS_SECRET: Object.keys(project.protectionBypass)[0] ?? '',
  };
}

/** Writes files of a request below `folder`. @throws VercelRefusal for a path that leads elsewhere. */
export async function writeFiles(folder: string, files: { path: string; data: Buffer }[]): Promise<void> {
  for (const { path, data } of files) {
    const target = join(folder, path);
    const inside = relative(folder, target);
    if (inside === '' || inside.startsWith('..')) {
      throw new VercelRefusal(400, 'bad_request', `Invalid file path: ${JSON.stringify(path)}`);
    }
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, data);
  }
}
