import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError, type InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { openApps } from '#release/open-apps';
import type { RollBackDependencies } from '#release/roll-back';
import type { inputs } from './inputs.ts';

/** The adapters of a rollback. @throws InputError with everything that is missing. */
export async function openServices(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
): Promise<RollBackDependencies> {
  const vercel = vercelConnection(runner, given, settings);
  if (vercel === undefined) throw new InputError(missingForVercel(given, settings));
  // Without a token GitHub refuses at once: the domains move first and the lock follows (S1).
  const github = createGitHub(gitHubConnection(runner, given.githubToken ?? ''));
  const project = await openApps({ connection: vercel, settings, github, wayBack: true });
  return { github, project, clock: runner.clock, log: runner.logger.info };
}
