import { gitHubConnection, missingForVercel, vercelConnection } from '#action-kit/connections';
import { InputError, readInputs } from '#action-kit/inputs';
import type { Result } from '#action-kit/result';
import type { Runner } from '#action-kit/runner';
import { loadSettings } from '#action-kit/settings';
import { createGitHub } from '#github/client';
import { commandOn } from '#release/command-line';
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
  const vercel = vercelConnection(runner, given, settings);
  const { githubToken } = given;
  if (vercel === undefined || githubToken === undefined) {
    const token = githubToken === undefined ? [{ name: 'github-token', message: 'is required and was not given' }] : [];
    throw new InputError([...missingForVercel(given, settings), ...token]);
  }
  const { clock, logger } = runner;
  const github = createGitHub(gitHubConnection(runner, githubToken));
  const project = await openVercelProject(vercel);
  const handle =
    given.release === undefined
      ? await standaloneHandle(runner, settings, placeOf(settings), project)
      : parseReleaseHandle(given.release);
  let outcome = await promote(
    { github, project, clock },
    {
      handle,
      deploymentId: given.deploymentId,
      allowOlder: given.allowOlder,
      requireAncestor: settings.release.requireAncestor ?? false,
    },
  );
  if (outcome.decision === 'rolling') {
    const [{ stageWatch }, { rollOut }] = await Promise.all([import('./stage-watch.ts'), import('#release/roll-out')]);
    const watch = await stageWatch(runner, settings, {
      connection: vercel,
      github,
      project,
      handle,
      deploymentId: given.deploymentId,
    });
    const led = await rollOut(
      { github, project, clock, log: logger.info },
      { handle, deploymentId: given.deploymentId },
      watch,
    );
    // Inside of deploy its rollback step aborts it; alone nobody does.
    const alone = led.decision === 'failed' && given.release === undefined;
    const message = alone ? `${led.message} Next, at once: ${commandOn(handle, 'rollback')}` : led.message;
    outcome = { ...led, message, warnings: [...outcome.warnings, ...led.warnings] };
  }
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
