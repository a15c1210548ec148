import type { EnvironmentSettings } from '#config/settings';
import type { InputProblem } from './input-error.ts';
import type { Runner } from './runner.ts';
import { serviceAddress } from './service-address.ts';

/** The inputs by which an action reaches a Vercel project. */
export interface VercelInputs {
  vercelToken?: string | undefined;
  vercelProject?: string | undefined;
  vercelTeam?: string | undefined;
  vercelApiUrl?: string | undefined;
}

/** Address of the Vercel API. @throws InputError (S11). */
export function vercelAddress(runner: Pick<Runner, 'environment'>, given: Pick<VercelInputs, 'vercelApiUrl'>): string {
  return serviceAddress(runner, {
    name: 'vercel-api-url',
    input: given.vercelApiUrl,
    variable: 'OPS_ACTIONS_VERCEL_API_URL',
    standard: 'https://api.vercel.com',
  });
}

/** How the project is reached, by inputs first, then by ops.yml; undefined without token or project. @throws InputError (S11). */
export function vercelConnection(runner: Runner, given: VercelInputs, settings: Pick<EnvironmentSettings, 'vercel'>) {
  const apiUrl = vercelAddress(runner, given);
  const { vercelToken: token } = given;
  const { vercel } = settings;
  const project = given.vercelProject ?? vercel.project;
  const team = given.vercelTeam ?? vercel.team;
  if (token === undefined || project === undefined) return undefined;
  const { signal, clock, logger } = runner;
  const as = vercel.as ?? 'production';
  return { apiUrl, token, project, ...(team === undefined ? {} : { team }), as, signal, clock, log: logger.debug };
}

/** What is missing for a connection, for an action that cannot do without. Pure. */
export function missingForVercel(given: VercelInputs, settings: Pick<EnvironmentSettings, 'vercel'>): InputProblem[] {
  const problems: InputProblem[] = [];
  if (given.vercelToken === undefined)
    problems.push({ name: 'vercel-token', message: 'is required and was not given' });
  if ((given.vercelProject ?? settings.vercel.project) === undefined)
    problems.push({ name: 'vercel-project', message: 'is neither given nor in the configuration' });
  return problems;
}

/** The inputs by which an action reaches a Supabase project. */
export interface SupabaseInputs {
  supabaseAccessToken?: string | undefined;
  supabaseProject?: string | undefined;
  supabaseApiUrl?: string | undefined;
}

/** Address of the Supabase Management API. @throws InputError (S11). */
export function supabaseAddress(
  runner: Pick<Runner, 'environment'>,
  given: Pick<SupabaseInputs, 'supabaseApiUrl'>,
): string {
  return serviceAddress(runner, {
    name: 'supabase-api-url',
    input: given.supabaseApiUrl,
    variable: 'OPS_ACTIONS_SUPABASE_API_URL',
    standard: 'https://api.supabase.com',
  });
}

/** How the Supabase project is reached; undefined without token or project. @throws InputError (S11). */
export function supabaseConnection(
  runner: Runner,
  given: SupabaseInputs,
  settings: Pick<EnvironmentSettings, 'functions'>,
) {
  const apiUrl = supabaseAddress(runner, given);
  const { supabaseAccessToken: token } = given;
  const project = given.supabaseProject ?? settings.functions?.project;
  if (token === undefined || project === undefined) return undefined;
  const { signal, clock, logger } = runner;
  return { apiUrl, token, project, signal, clock, log: logger.debug };
}

/** What is missing for a connection, for an action that cannot do without. Pure. */
export function missingForSupabase(
  given: SupabaseInputs,
  settings: Pick<EnvironmentSettings, 'functions'>,
): InputProblem[] {
  const problems: InputProblem[] = [];
  if (given.supabaseAccessToken === undefined)
    problems.push({ name: 'supabase-access-token', message: 'is required and was not given' });
  if ((given.supabaseProject ?? settings.functions?.project) === undefined)
    problems.push({
      name: 'supabase-project',
      message: 'is neither given nor in the configuration (supabase.project)',
    });
  return problems;
}

/** How the repository's Deployments and issues are reached. */
export function gitHubConnection({ context, signal, clock, logger }: Runner, token: string) {
  return { apiUrl: context.apiUrl, repository: context.repository, token, signal, clock, log: logger.debug };
}

/** The inputs by which an action tells people. */
export interface SlackInputs {
  slackBotToken?: string | undefined;
  slackWebhookUrl?: string | undefined;
  slackChannel?: string | undefined;
  slackApiUrl?: string | undefined;
}

/** Address of the Slack Web API. @throws InputError (S11). */
export function slackAddress(runner: Pick<Runner, 'environment'>, given: Pick<SlackInputs, 'slackApiUrl'>): string {
  return serviceAddress(runner, {
    name: 'slack-api-url',
    input: given.slackApiUrl,
    variable: 'OPS_ACTIONS_SLACK_API_URL',
    standard: 'https://slack.com/api/',
  });
}

/** How the channel is reached; undefined where nobody is to be told. @throws InputError (S11). */
export function slackConnection(runner: Runner, given: SlackInputs, settings: Pick<EnvironmentSettings, 'slack'>) {
  const channel = given.slackChannel ?? settings.slack.channel;
  const { slackWebhookUrl: webhookUrl } = given;
  // A bot token without a channel reaches nobody; a webhook brings its own.
  const token = channel === undefined ? undefined : given.slackBotToken;
  if (token === undefined && webhookUrl === undefined) return undefined;
  const apiUrl = slackAddress(runner, given);
  return { token, webhookUrl, channel, apiUrl, signal: runner.signal, log: runner.logger.debug };
}
