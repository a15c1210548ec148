import type { Runner } from '#action-kit/runner';
import type { EnvironmentSettings } from '#config/settings';
import { type ReleaseNews, renderRelease } from '#notify/render-release';
import { earliestStart, releaseKey } from '#release/release-handle';
import { type Given, slackOf } from './services.ts';

/**
 * Brings the living message up to date, details into its thread. A failed delivery is a warning, never more. Where its
 * place is not known (an earlier attempt posted it, the answer was lost), it is found by the key of the run (S6).
 */
export async function tell(
  runner: Runner,
  given: Given,
  settings: EnvironmentSettings,
  news: ReleaseNews,
  at: { channel: string; ts: string } | undefined,
): Promise<void> {
  try {
    const slack = slackOf(runner, given, settings);
    if (slack === undefined) return;
    const message = renderRelease(news);
    const delivery =
      at === undefined
        ? await slack.postMessage(message, {
            key: releaseKey({ ...runner.context, environment: news.environment }),
            since: earliestStart(runner.context, news.startedAt),
          })
        : await slack.updateMessage({ ...at, ...message });
    const details = news.details ?? [];
    const thread =
      at ?? (delivery.delivered && delivery.ts !== undefined && delivery.channel !== undefined ? delivery : undefined);
    const reply =
      details.length > 0 && thread?.ts !== undefined && thread.channel !== undefined
        ? await slack.replyInThread({ channel: thread.channel, ts: thread.ts, text: details.join('\n') })
        : undefined;
    for (const outcome of [delivery, reply]) {
      if (outcome !== undefined && !outcome.delivered) runner.logger.warning(`Slack was not told: ${outcome.message}`);
    }
  } catch (error) {
    runner.logger.warning(`Slack was not told: ${(error as Error).message}`);
  }
}
