import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import { serviceAddress } from '#action-kit/service-address';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub, type GitHub } from '#github/client';
import { createSlack } from '#notify/slack';
import { openVercelProject, type VercelProject } from '#vercel/project';
import type { inputs } from './inputs.ts';

export type Given = InputValues<typeof inputs>;

/** Every service is optional here: a release must be able to end and to tell with whatever it was given. */
export function githubOf(runner: Runner, given: Given): GitHub | undefined {
  const { context, signal, logger } = runner;
  if (given.githubToken === undefined) return undefined;
  return createGitHub({
    apiUrl: context.apiUrl,
    token: given.githubToken,
    repository: context.repository,
    signal,
    log: (line) => logger.debug(line),
  });
}

/** Undefined, with a warning, where Vercel cannot be asked. */
export async function projectOf(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
): Promise<VercelProject | undefined> {
  const { signal, clock, logger } = runner;
  const project = given.vercelProject ?? settings.vercel.project;
  const team = given.vercelTeam ?? settings.vercel.team;
  if (given.vercelToken === undefined || project === undefined) return undefined;
  try {
    return await openVercelProject({
      apiUrl: serviceAddress(runner, {
        name: 'vercel-api-url',
        input: given.vercelApiUrl,
        variable: 'OPS_ACTIONS_VERCEL_API_URL',
        standard: 'https://api.vercel.com',
      }),
      token: given.vercelToken,
      project,
      ...(team === undefined ? {} : { team }),
      as: settings.vercel.as ?? 'production',
      signal,
      log: (line) => logger.debug(line),
      clock,
    });
  } catch (error) {
    logger.warning(`Vercel cannot be asked what is served: ${(error as Error).message}`);
    return undefined;
  }
}

/** Undefined where nobody is to be told. */
export function slackOf(runner: Runner, given: Given, settings: EnvironmentSettings) {
  const channel = given.slackChannel ?? settings.slack.channel;
  const { slackBotToken: token, slackWebhookUrl: webhookUrl } = given;
  if (webhookUrl === undefined && (token === undefined || channel === undefined)) return undefined;
  return createSlack({
    ...(token === undefined ? {} : { token }),
    ...(webhookUrl === undefined || token !== undefined ? {} : { webhookUrl }),
    ...(channel === undefined ? {} : { channel }),
    apiUrl: serviceAddress(runner, {
      name: 'slack-api-url',
      input: given.slackApiUrl,
      variable: 'OPS_ACTIONS_SLACK_API_URL',
      standard: 'https://slack.com/api/',
    }),
    signal: runner.signal,
    log: (line) => runner.logger.debug(line),
  });
}
