import { gitHubConnection, slackConnection, vercelConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { createSlack } from '#notify/slack';
import { openApps } from '#release/open-apps';
import type { VercelProject } from '#vercel/project';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;

/** Every service is optional here: a release must be able to end and to tell with whatever it was given. */
export function githubOf(runner: Runner, given: Given): GitHub | undefined {
  return given.githubToken === undefined ? undefined : createGitHub(gitHubConnection(runner, given.githubToken));
}

/** Undefined, with a warning, where Vercel cannot be asked. */
export async function projectOf(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<VercelProject | undefined> {
  try {
    const connection = vercelConnection(runner, given, settings);
    if (connection === undefined) return undefined;
    return await openApps({ connection, settings, github: githubOf(runner, given) });
  } catch (error) {
    runner.logger.warning(`Vercel cannot be asked what is served: ${(error as Error).message}`);
    return undefined;
  }
}

/** Undefined where nobody is to be told. */
export function slackOf(runner: Runner, given: Given, settings: EnvironmentSettings) {
  const connection = slackConnection(runner, given, settings);
  return connection === undefined ? undefined : createSlack(connection);
}
