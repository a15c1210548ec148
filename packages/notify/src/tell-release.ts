import { type ReleaseNews, renderRelease } from './render-release.ts';
import type { PostOnce, Slack } from './slack.ts';

/**
 * Brings the living message of a release up to date, details into its thread. Where its place is not known (an earlier
 * attempt posted it, the answer was lost), it is found by its key (S6). Never throws: what was not delivered is returned,
 * one sentence each.
 */
export async function tellRelease(
  slack: Slack,
  news: ReleaseNews,
  place: { at: { channel: string; ts: string } | undefined; once: PostOnce },
): Promise<string[]> {
  const { at, once } = place;
  try {
    const message = renderRelease(news);
    const delivery =
      at === undefined ? await slack.postMessage(message, once) : await slack.updateMessage({ ...at, ...message });
    const details = news.details ?? [];
    const thread =
      at ?? (delivery.delivered && delivery.ts !== undefined && delivery.channel !== undefined ? delivery : undefined);
    const reply =
      details.length > 0 && thread?.ts !== undefined && thread.channel !== undefined
        ? await slack.replyInThread({ channel: thread.channel, ts: thread.ts, text: details.join('\n') })
        : undefined;
    return [delivery, reply].flatMap((outcome) =>
      outcome === undefined || outcome.delivered ? [] : [`Slack was not told: ${outcome.message}`],
    );
  } catch (error) {
    return [`Slack was not told: ${error instanceof Error ? error.message : String(error)}`];
  }
}
