import { InputError, type InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import type { RollBackDependencies } from '#release/roll-back';
import { openVercelProject } from '#vercel/project';
import type { inputs } from './inputs.ts';

/** The adapters of a rollback. @throws InputError with everything that is missing. */
export async function openServices(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
): Promise<RollBackDependencies> {
  const { signal, clock, logger, context } = runner;
  const { vercelToken } = given;
  const projectName = given.vercelProject ?? settings.vercel.project;
  const team = given.vercelTeam ?? settings.vercel.team;
  if (vercelToken === undefined || projectName === undefined) {
    const missing = Object.entries({
      'vercel-token': vercelToken,
      'vercel-project': projectName,
    });
    throw new InputError(
      missing
        .filter(([, value]) => value === undefined)
        .map(([name]) => ({ name, message: 'is required and was not given' })),
    );
  }
  const log = (line: string) => logger.debug(line);
  const github = createGitHub({
    apiUrl: context.apiUrl,
    // Without one GitHub refuses at once: the domains move first and the lock follows (S1).
    token: given.githubToken ?? '',
    repository: context.repository,
    signal,
    log,
  });
  const project = await openVercelProject({
    apiUrl: serviceAddress(runner, {
      name: 'vercel-api-url',
      input: given.vercelApiUrl,
      variable: 'OPS_ACTIONS_VERCEL_API_URL',
      standard: 'https://api.vercel.com',
    }),
    token: vercelToken,
    project: projectName,
    ...(team === undefined ? {} : { team }),
    as: settings.vercel.as ?? 'production',
    signal,
    log,
    clock,
  });
  return { github, project, clock, log: (line) => logger.info(line) };
}
