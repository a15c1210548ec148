import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { promote } from '#release/promote';
import { placeOf } from '#release/read-environment';
import { parseReleaseHandle } from '#release/release-handle';
import { openVercelProject } from '#vercel/project';
import { inputs } from './inputs.ts';
import { standaloneHandle } from './standalone-handle.ts';

/** Moves the domains of an environment to a staged deployment. */
export async function main(runner: Runner): Promise<Result> {
  const given = readInputs(runner, inputs);
  const settings = await loadSettings(runner, given);
  const projectName = given.vercelProject ?? settings.vercel.project;
  if (projectName === undefined || given.githubToken === undefined) {
    throw new InputError([
      ...(projectName === undefined
        ? [{ name: 'vercel-project', message: 'is neither given nor in the configuration' }]
        : []),
      ...(given.githubToken === undefined ? [{ name: 'github-token', message: 'is required and was not given' }] : []),
    ]);
  }
  const { signal, clock, logger, context } = runner;
  const log = (line: string) => logger.info(line);
  const github = createGitHub({
    apiUrl: context.apiUrl,
    token: given.githubToken,
    repository: context.repository,
    signal,
    log: logger.debug,
  });
  const team = given.vercelTeam ?? settings.vercel.team;
  const project = await openVercelProject({
    apiUrl: serviceAddress(runner, {
      name: 'vercel-api-url',
      input: given.vercelApiUrl,
      variable: 'OPS_ACTIONS_VERCEL_API_URL',
      standard: 'https://api.vercel.com',
    }),
    token: given.vercelToken,
    project: projectName,
    ...(team === undefined ? {} : { team }),
    as: settings.vercel.as ?? 'production',
    signal,
    log: logger.debug,
    clock,
  });
  const handle =
    given.release === undefined
      ? await standaloneHandle(runner, settings, placeOf(settings), project)
      : parseReleaseHandle(given.release);
  const outcome = await promote(
    { github, project, clock, log },
    {
      handle,
      deploymentId: given.deploymentId,
      allowOlder: given.allowOlder,
      requireAncestor: settings.release.requireAncestor ?? false,
    },
  );
  for (const warning of outcome.warnings) logger.warning(warning);
  const { decision, reasonCode, message, promotedAt } = outcome;
  return {
    decision,
    reasonCode,
    summary: message,
    failed: decision !== 'promoted' && decision !== 'already-current',
    details: {
      deploymentId: given.deploymentId,
      ...(promotedAt === undefined ? {} : { promotedAt: promotedAt / 1000 }),
    },
    outputs: { 'deployment-id': given.deploymentId, 'deployment-url': handle.url },
  };
}
