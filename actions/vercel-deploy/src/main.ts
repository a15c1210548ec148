import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import type { InputProblem } from '#action-kit/input-error';
import { InputError, type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { AppSettings, EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { parseReleaseHandle, releaseKey } from '#release/release-handle';
import { createDeployment, type DeployRequest } from '#vercel/deploy';
import { openVercelProject } from '#vercel/project';
import type { DeployedApp } from './deploy-apps.ts';
import { inputs } from './inputs.ts';
import { placeOfDeployment } from './place-of-deployment.ts';
import { planDrill } from './plan-drill.ts';
import { readCommit } from './read-commit.ts';
import { recordDeployment } from './record-deployment.ts';
import { releaseMeta } from './release-meta.ts';
import { renderOutcome } from './render-outcome.ts';

/** Brings this commit to Vercel and waits until the deployment is ready; production domains stay where they are when staged. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const { context, clock, logger } = runner;
  const vercel = vercelConnection(runner, given, settings);
  if (vercel === undefined) throw new InputError(missingForVercel(given, settings));
  const place = placeOfDeployment(given.target, settings);
  const connection = { ...vercel, as: place.as, log: logger.info };
  const github = given.githubToken ? createGitHub(gitHubConnection(runner, given.githubToken)) : undefined;
  const handle = given.release === undefined ? undefined : parseReleaseHandle(given.release);
  const { environment } = settings;
  const built = buildOf(given, settings.vercel.build);
  const { drill, problems } = planDrill(given, { ...place, ...built }, settings);
  if (problems.length > 0) throw new InputError(problems);
  const project = await openVercelProject(connection);
  const git = await readCommit(runner, github, handle?.commit ?? given.commit);
  const meta = await releaseMeta(runner, settings, given.version ?? handle?.version, given.contracts);
  const request = {
    ...place,
    connection,
    git,
    directory: context.workspace,
    build: built.build,
    staged: given.staged,
    deadlineMs: given.deadline ?? settings.vercel.deadlineMs ?? 15 * 60_000,
    releaseKey: handle?.key ?? releaseKey({ repositoryId: context.repositoryId, environment, runId: context.runId }),
    ...(drill && { environment: drill.environment }),
    meta: { ...meta, ...drill?.meta },
  };
  const folder = workingDirectory(given.workingDirectory ?? settings.vercel.workingDirectory);
  const alone = () => createDeployment(project, { ...request, ...built, ...folder });
  const { apps } = settings;
  if (apps === undefined)
    return renderOutcome(await recordDeployment(github, handle, logger, alone), connection.apiUrl, clock.now());
  const problem = whyNotTogether(given, apps);
  if (problem !== undefined) throw new InputError([problem]);
  const { deployApps, joinOutcomes } = await import('./deploy-apps.ts');
  let deployed: DeployedApp[] = [];
  const outcome = await recordDeployment(github, handle, logger, async () => {
    // Both end before either is told: what one leaves behind unseen nobody would find.
    const [lead, others] = await Promise.allSettled([alone(), deployApps(apps, request, { github, handle, logger })]);
    if (lead.status === 'rejected') throw lead.reason;
    if (others.status === 'rejected') throw others.reason;
    deployed = others.value;
    return joinOutcomes(lead.value, deployed);
  });
  return renderOutcome(outcome, connection.apiUrl, clock.now(), deployed);
}

/** One id names the deployment of one project, and builds of Vercel's own carry no release that says which go together. */
function whyNotTogether(
  { deploymentId, build }: InputValues<typeof inputs>,
  apps: readonly AppSettings[],
): InputProblem | undefined {
  const several = `the environment has several apps (with ${apps.map(({ name }) => name).join(', ')})`;
  const allowed = 'build: remote or prebuilt';
  if (deploymentId !== undefined) {
    const message = `names one deployment, and ${several}`;
    return { name: 'deployment-id', given: deploymentId, message, allowed };
  }
  if (build !== 'adopt') return undefined;
  const message = `takes builds that carry no release, so nobody could tell which go together, and ${several}`;
  return { name: 'build', given: build, message, allowed };
}

/** Naming a deployment is adopting it, whatever ops.yml builds otherwise. @throws InputError */
function buildOf(
  { build, deploymentId }: InputValues<typeof inputs>,
  configured: EnvironmentSettings['vercel']['build'],
): Pick<DeployRequest, 'build' | 'deploymentId'> {
  if (deploymentId === undefined) return { build: build ?? configured ?? 'remote' };
  if (build === undefined || build === 'adopt') return { build: 'adopt', deploymentId };
  const message = 'is built already: it cannot be combined with a build';
  throw new InputError([{ name: 'deployment-id', given: deploymentId, message, allowed: 'build: adopt, or no build' }]);
}

function workingDirectory(folder: string | undefined): { workingDirectory?: string } {
  return folder === undefined ? {} : { workingDirectory: folder };
}
