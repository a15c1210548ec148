import { slackConnection } from '#action-kit/connections';
import type { InputValues } from '#action-kit/inputs';
import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { renderRelease } from '#notify/render-release';
import { createSlack } from '#notify/slack';
import { earliestStart, type ReleaseHandle } from '#release/release-handle';
import type { inputs } from './inputs.ts';

/** Posts the living message, or brings that of an earlier attempt up to date; a failed delivery is shown, never more. */
export async function announce(
  runner: Runner,
  given: InputValues<typeof inputs>,
  settings: EnvironmentSettings,
  handle: ReleaseHandle,
): Promise<{ channel: string; ts: string } | undefined> {
  const connection = slackConnection(runner, given, settings);
  if (connection === undefined) return handle.slack;
  const slack = createSlack(connection);
  const now = runner.clock.now();
  const message = renderRelease({
    environment: handle.environment,
    version: handle.version,
    repository: handle.repository,
    phase: 'started',
    summary: `Preflight passed. ${wayBack(handle)}`,
    phases: phaseNames.map((name, index) => ({ name, state: index === 0 ? 'done' : 'pending' })),
    links: [
      ...(handle.runUrl === undefined || handle.runUrl === '' ? [] : [{ label: 'Run', url: handle.runUrl }]),
      ...(handle.url === '' ? [] : [{ label: handle.environment, url: handle.url }]),
    ],
    ...(handle.actor === undefined ? {} : { actor: handle.actor }),
    weakenings: handle.weakenings,
    startedAt: handle.openedAt,
    now,
  });
  const delivery =
    handle.slack === undefined
      ? await slack.postMessage(message, { key: handle.key, since: earliestStart(runner.context, handle.openedAt) })
      : await slack.updateMessage({ ...handle.slack, ...message });
  if (!delivery.delivered) {
    runner.logger.warning(`Slack was not told: ${delivery.message}`);
    return handle.slack;
  }
  if (delivery.note !== undefined) runner.logger.debug(`Slack: ${delivery.note}`);
  return delivery.ts === undefined || delivery.channel === undefined
    ? handle.slack
    : { channel: delivery.channel, ts: delivery.ts };
}

function wayBack({ rollbackTarget }: ReleaseHandle): string {
  if (rollbackTarget === undefined) return 'There is no earlier good deployment to go back to.';
  const { version, deploymentId } = rollbackTarget;
  return `The way back is ${version === undefined ? deploymentId : `${version} (${deploymentId})`}.`;
}

const phaseNames = ['Preflight', 'Migrate', 'Deploy', 'Test staged', 'Promote', 'Test production', 'Watch'];
