import { type ReleaseNews, renderRelease } from './render-release.ts';
import type { PostOnce, Slack } from './slack.ts';

/**
 * Brings the living message of a release up to date, details into its thread. Where its place is not known (an earlier
 * attempt posted it, the answer was lost), it is found by its key (S6). Never throws: what was not delivered is returned,
 * one sentence each.
 */
export async function tellRelease(slack: Slack, news: ReleaseNews, place: ReleasePlace): Promise<string[]> {
  return (await deliverRelease(slack, news, place)).problems;
}

/** Where the living message is, and how it is found where that is not known. */
export interface ReleasePlace {
  at: MessagePlace | undefined;
  once: PostOnce;
}

interface MessagePlace {
  channel: string;
  ts: string;
}

/** The same, with where the message is now; absent where a webhook delivered it, or nothing was. */
export async function deliverRelease(
  slack: Slack,
  news: ReleaseNews,
  { at, once }: ReleasePlace,
): Promise<{ problems: string[]; at?: MessagePlace | undefined }> {
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
    const problems = [delivery, reply].flatMap((outcome) =>
      outcome === undefined || outcome.delivered ? [] : [`Slack was not told: ${outcome.message}`],
    );
    const { channel, ts } = thread ?? {};
    return { problems, at: channel === undefined || ts === undefined ? undefined : { channel, ts } };
  } catch (error) {
    return { problems: [`Slack was not told: ${error instanceof Error ? error.message : String(error)}`] };
  }
}
