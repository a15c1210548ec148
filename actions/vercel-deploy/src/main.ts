import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError, type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { parseReleaseHandle, releaseKey } from '#release/release-handle';
import { createDeployment, type DeployRequest } from '#vercel/deploy';
import { openVercelProject } from '#vercel/project';
import { inputs } from './inputs.ts';
import { placeOfDeployment } from './place-of-deployment.ts';
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
  const project = await openVercelProject(connection);
  const git = await readCommit(runner, github, handle?.commit);
  const outcome = await recordDeployment(github, handle, logger, async () =>
    createDeployment(project, {
      ...place,
      connection,
      git,
      directory: context.workspace,
      ...buildOf(given, settings.vercel.build),
      staged: given.staged,
      deadlineMs: given.deadline ?? settings.vercel.deadlineMs ?? 15 * 60_000,
      releaseKey: handle?.key ?? releaseKey({ repositoryId: context.repositoryId, environment, runId: context.runId }),
      meta: await releaseMeta(runner, settings, given.version ?? handle?.version, given.contracts),
      ...workingDirectory(given.workingDirectory ?? settings.vercel.workingDirectory),
    }),
  );
  return renderOutcome(outcome, connection.apiUrl, clock.now());
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
