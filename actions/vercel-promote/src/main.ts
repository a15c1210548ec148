import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError, type InputValues, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { onServerTime } from '#action-kit/server-time';
import { loadSettings } from '#action-kit/settings';
import type { EnvironmentSettings } from '#config/settings';
import { createGitHub } from '#github/client';
import { chooseSources } from '#observe/sources/choose-sources';
import { commandOn } from '#release/command-line';
import { openApps } from '#release/open-apps';
import { type PromoteOutcome, promote } from '#release/promote';
import { placeOf } from '#release/read-environment';
import { parseReleaseHandle } from '#release/release-handle';
import type { StageTold } from '#release/roll-out';
import type { VercelConnection } from '#vercel/project';
import { inputs } from './inputs.ts';
import type { OpenedLogs } from './open-logs.ts';
import { standaloneHandle } from './standalone-handle.ts';

/** Moves the domains of an environment to a staged deployment. */
export async function main(started: Runner): Promise<Result> {
  const given = readInputs(started, inputs);
  const settings = await loadSettings(started, given);
  const rolling = settings.release.strategy === 'rolling';
  // Stages are watched by it, and the watch that follows goes by the time of the promotion.
  const runner = await onServerTime(started, given);
  const vercel = vercelConnection(runner, given, settings);
  const { githubToken } = given;
  if (vercel === undefined || githubToken === undefined) {
    const token = githubToken === undefined ? [{ name: 'github-token', message: 'is required and was not given' }] : [];
    throw new InputError([...missingForVercel(given, settings), ...token]);
  }
  const { clock, logger } = runner;
  const github = createGitHub(gitHubConnection(runner, githubToken));
  const project = await openApps({ connection: vercel, settings, github });
  const handle =
    given.release === undefined
      ? await standaloneHandle(runner, settings, placeOf(settings), project)
      : parseReleaseHandle(given.release);
  const { deploymentId } = given;
  const prepare = async () => {
    const { stageWatch } = await import('./stage-watch.ts');
    return await stageWatch(runner, given, settings, { connection: vercel, github, project, handle, deploymentId });
  };
  // What could not be watched is not begun.
  const watch = rolling ? await prepare() : undefined;
  const logs = await logsToOpen(runner, given, settings, vercel);
  await logs?.settled;
  let outcome: PromoteOutcome & { stages?: StageTold[] } = await promote(
    { github, project, clock },
    {
      handle,
      deploymentId,
      allowOlder: given.allowOlder,
      requireAncestor: settings.release.requireAncestor ?? false,
    },
  ).catch(async (error: unknown) => {
    await logs?.stop();
    throw error;
  });
  if (outcome.decision === 'rolling') {
    const { rollOut } = await import('#release/roll-out');
    const led = await rollOut(
      { github, project, clock, log: logger.info },
      { handle, deploymentId },
      watch ?? (await prepare()),
    );
    // Inside of deploy its rollback step aborts it; alone nobody does.
    const alone = led.decision === 'failed' && given.release === undefined;
    const message = alone ? `${led.message} Next, at once: ${commandOn(handle, 'rollback')}` : led.message;
    outcome = { ...led, message, warnings: [...outcome.warnings, ...led.warnings] };
  }
  // Of a group some may have moved and one not: inside of deploy all go back, alone nobody takes them there.
  const half = outcome.apps?.some(({ outcome: moved }) => moved === 'moved') ?? false;
  if (outcome.decision === 'failed' && half && given.release === undefined)
    outcome.message = `${outcome.message} Next, at once: ${commandOn(handle, 'rollback')}, which takes back those that moved`;
  for (const warning of outcome.warnings) logger.warning(warning);
  const { decision, reasonCode, message, promotedAt, stages, apps } = outcome;
  const promoted = decision === 'promoted' || decision === 'already-current';
  if (!promoted) await logs?.stop();
  return {
    decision,
    reasonCode,
    summary: message,
    failed: !promoted,
    details: {
      deploymentId,
      ...(promotedAt === undefined ? {} : { promotedAt: promotedAt / 1000 }),
      ...(stages === undefined ? {} : { stages }),
      ...(apps === undefined ? {} : { apps }),
    },
    outputs: {
      'deployment-id': deploymentId,
      'deployment-url': handle.url,
      // Whose domains had moved before is not known to have been unseen until now.
      'promoted-at': decision === 'promoted' && promotedAt !== undefined ? String(promotedAt / 1000) : '',
      logs: promoted ? (logs?.folder ?? '') : '',
    },
  };
}

/**
 * The logs that a watch of a later step counts by, opened before anybody is served by the deployment; undefined where it counts by
 * something else, or where a rolling release is watched by its stages.
 */
async function logsToOpen(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
  connection: VercelConnection,
): Promise<OpenedLogs | undefined> {
  if (!given.openLogs || settings.release.strategy === 'rolling') return undefined;
  // What is wrong with the sources is the watch's to say.
  const { sources } = chooseSources(given, settings, []);
  if (!sources.includes('vercel-runtime-logs')) return undefined;
  const { openLogs } = await import('./open-logs.ts');
  return await openLogs(runner, { connection, deploymentId: given.deploymentId, script: process.argv[1] });
}
