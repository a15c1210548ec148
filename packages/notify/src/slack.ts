import { fitMessage, type SlackMessage, splitLines } from './slack-text.ts';
import {
  refused,
  type SlackAnswer,
  type SlackCall,
  type SlackConnection,
  type SlackFailure,
  webApi,
  webhook,
} from './slack-web-api.ts';

export interface SlackOptions extends SlackConnection {
  /** Bot token (xoxb-…) with chat:write; wins over the webhook. */
  token?: string | undefined;
  webhookUrl?: string | undefined;
  /** Channel id (C…); with a token it is needed. */
  channel?: string | undefined;
  /** e.g. https://slack.com/api/ */
  apiUrl: string;
}

/** `ts` and `channel` are missing where a webhook delivered: such a message cannot be updated (slack-and-paging.md §1). */
export type Delivery =
  | {
      delivered: true;
      /** True when a message that was there already says it now. */
      updated: boolean;
      ts?: string;
      channel?: string;
      /** What was not as it should be, e.g. that an earlier message could not be looked for. */
      note?: string;
    }
  | { delivered: false; reasonCode: string; message: string };

/** A message that must exist once (S6): `key` travels in its metadata and is looked for before posting. */
export interface PostOnce {
  key: string;
  /** Milliseconds since the epoch: older messages cannot be it. */
  since: number;
}

/** Tells people in one place; nothing here throws, because a failed delivery must never break a release (trap 45). */
export interface Slack {
  postMessage(message: SlackMessage, once?: PostOnce): Promise<Delivery>;
  /** Edits the message in place; where it is gone, or only a webhook is there, a new message follows. */
  updateMessage(message: SlackMessage & { channel: string; ts: string }): Promise<Delivery>;
  /** Plain lines, escaped here, split over several replies where they are long. */
  replyInThread(reply: { channel: string; ts: string; text: string }): Promise<Delivery>;
}

/** Slack by bot token, by webhook, or, where neither is given, as somebody who tells nobody and says so. */
export function createSlack(options: SlackOptions): Slack {
  if (options.token !== undefined) return botSlack(webApi(options.apiUrl, options.token, options), options.channel);
  if (options.webhookUrl !== undefined) return webhookSlack(webhook(options.webhookUrl, options));
  const nobody: Delivery = {
    delivered: false,
    reasonCode: 'not_configured',
    message: 'neither a bot token nor a webhook was given',
  };
  return { postMessage: async () => nobody, updateMessage: async () => nobody, replyInThread: async () => nobody };
}

const eventType = 'ops_actions_release';
const quiet = { unfurl_links: false, unfurl_media: false };

function botSlack(call: SlackCall, channel: string | undefined): Slack {
  const post = async (body: object): Promise<Delivery> =>
    delivery(
      await withoutBlocks(body, (given) => call('chat.postMessage', { ...given, ...quiet }, 'if-refused')),
      false,
    );
  const update = async ({ channel: place, ts, ...message }: SlackMessage & { channel: string; ts: string }) =>
    withoutBlocks({ channel: place, ts, ...fitMessage(message) }, (given) => call('chat.update', given, 'always'));
  return {
    async postMessage(message, once) {
      if (channel === undefined) return undelivered(refused('no_channel'));
      const body = { channel, ...fitMessage(message) };
      if (once === undefined) return post(body);
      const earlier = await findEarlier(call, channel, once);
      if (typeof earlier === 'object') {
        const edited = await update({ ...message, channel, ts: earlier.ts });
        if (edited.ok) return delivery(edited, true);
      }
      const metadata = { event_type: eventType, event_payload: { key: once.key } };
      const posted = await post({ ...body, metadata });
      return typeof earlier === 'string' && posted.delivered ? { ...posted, note: earlier } : posted;
    },
    async updateMessage(message) {
      const edited = await update(message);
      if (edited.ok || !goneCodes.includes(edited.reasonCode)) return delivery(edited, true);
      const { ts: _ts, channel: place, ...rest } = message;
      const posted = await post({ channel: place, ...fitMessage(rest) });
      return posted.delivered ? { ...posted, note: `${edited.message}; a new one was posted` } : posted;
    },
    async replyInThread({ channel: place, ts, text }) {
      const parts = splitLines(text);
      let last = undelivered(refused('no_text'));
      for (const part of parts) {
        last = await post({ channel: place, thread_ts: ts, text: part });
        if (!last.delivered) return last;
      }
      return last;
    },
  };
}

const goneCodes = ['message_not_found', 'cant_update_message', 'edit_window_closed'];

/** The message with this key, undefined when there is none, or a sentence when the token may not look. */
async function findEarlier(
  call: SlackCall,
  channel: string,
  once: PostOnce,
): Promise<{ ts: string } | undefined | string> {
  // A minute of grace: Slack's clock is not ours.
  const oldest = String(Math.floor(once.since / 1000) - 60);
  const query = { channel, oldest, limit: 200, include_all_metadata: true };
  const answer = await call('conversations.history', query, 'always');
  if (!answer.ok) {
    return `an earlier message of this release could not be looked for (${answer.reasonCode}): after a re-run there may be two; the scope channels:history prevents it`;
  }
  const messages = Array.isArray(answer.body.messages) ? (answer.body.messages as HistoryMessage[]) : [];
  const ours = messages
    .filter(({ metadata }) => metadata?.event_type === eventType && metadata.event_payload?.key === once.key)
    .map(({ ts }) => ts)
    .filter((ts) => typeof ts === 'string')
    .sort((a, b) => Number(a) - Number(b));
  return ours[0] === undefined ? undefined : { ts: ours[0] };
}

interface HistoryMessage {
  ts?: string;
  metadata?: { event_type?: string; event_payload?: { key?: unknown } };
}

/** Blocks that Slack refuses would lose the whole message; its text alone is then sent. */
async function withoutBlocks(body: object, send: (body: object) => Promise<SlackAnswer>): Promise<SlackAnswer> {
  const answer = await send(body);
  if (answer.ok || !('blocks' in body) || !/blocks/.test(answer.reasonCode)) return answer;
  const { blocks: _blocks, ...text } = body;
  return send(text);
}

function webhookSlack(send: (body: object) => Promise<SlackAnswer>): Slack {
  const deliver = async (body: object) => delivery(await withoutBlocks(body, send), false);
  return {
    postMessage: (message) => deliver(fitMessage(message)),
    updateMessage: ({ channel: _channel, ts: _ts, ...message }) => deliver(fitMessage(message)),
    async replyInThread({ text }) {
      const [first = '', ...rest] = splitLines(text);
      return first === ''
        ? undelivered(refused('no_text'))
        : deliver({ text: rest.length > 0 ? `${first}\n…` : first });
    },
  };
}

function delivery(answer: SlackAnswer, updated: boolean): Delivery {
  if (!answer.ok) return undelivered(answer);
  const { ts, channel } = answer.body;
  return {
    delivered: true,
    updated,
    ...(typeof ts === 'string' && { ts }),
    ...(typeof channel === 'string' && { channel }),
  };
}

function undelivered({ reasonCode, message }: SlackFailure): Delivery {
  return { delivered: false, reasonCode, message };
}
