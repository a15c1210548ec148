import { createHttpClient, type HttpClient } from '#http/client';
import { HttpError } from '#http/http-error';
import type { SlackMessage } from './render-release.ts';
import { limits, slackLines } from './slack-text.ts';

export interface SlackOptions {
  /** Bot token (xoxb-…) with chat:write; wins over the webhook. */
  token?: string;
  webhookUrl?: string;
  /** Channel id (C…); with a token it is needed. */
  channel?: string;
  /** e.g. https://slack.com/api/ */
  apiUrl: string;
  signal?: AbortSignal;
  log?: (line: string) => void;
}

/** `ts` and `channel` are missing where a webhook delivered: such a message cannot be updated (slack-and-paging.md §1). */
export type Delivery =
  | { delivered: true; updated: boolean; ts?: string; channel?: string }
  | { delivered: false; reasonCode: string; message: string };

/** Tells people in one place; nothing here throws, because a failed delivery must never break a release (trap 45). */
export interface Slack {
  postMessage(message: SlackMessage): Promise<Delivery>;
  /** Edits the message in place; where only a webhook is there, a new message follows. */
  updateMessage(message: SlackMessage & { channel: string; ts: string }): Promise<Delivery>;
  /** Plain lines, escaped here, split over several replies where they are long. */
  replyInThread(reply: { channel: string; ts: string; text: string }): Promise<Delivery>;
}

/** A message is worth seconds, not minutes: a release does not wait longer for Slack. */
const deadlineMs = 5000;

export function createSlack(options: SlackOptions): Slack {
  const { token, webhookUrl, channel, signal, log } = options;
  const common = {
    deadlineMs,
    attempts: 3,
    ...(signal === undefined ? {} : { signal }),
    ...(log === undefined ? {} : { log }),
  };
  if (token !== undefined) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json; charset=utf-8' };
    return botSlack(createHttpClient({ ...common, baseUrl: options.apiUrl, headers }), channel);
  }
  if (webhookUrl !== undefined)
    return webhookSlack(createHttpClient({ ...common, baseUrl: new URL(webhookUrl).origin }), webhookUrl);
  return undeliverable('not_configured', 'neither a bot token nor a webhook was given');
}

function botSlack(client: HttpClient, channel: string | undefined): Slack {
  const call = async (method: string, body: object): Promise<Delivery> => {
    try {
      const answer = await client.request({
        method: 'POST',
        path: method,
        body: JSON.stringify(body),
        // A lost answer to an edit is harmless to repeat; a post could appear twice.
        repeat: method === 'chat.update' ? 'always' : 'if-refused',
      });
      const said = answer.json<{ ok: boolean; error?: string; ts?: string; channel?: string }>();
      // HTTP 200 with ok:false is an error (trap 45).
      if (!said.ok) return refused(said.error ?? 'unknown_error');
      const place = {
        ...(said.ts === undefined ? {} : { ts: said.ts }),
        ...(said.channel === undefined ? {} : { channel: said.channel }),
      };
      return { delivered: true, updated: method === 'chat.update', ...place };
    } catch (error) {
      return failed(error);
    }
  };
  return {
    async postMessage(message) {
      if (channel === undefined) return refused('no_channel');
      return call('chat.postMessage', { channel, ...bounded(message), unfurl_links: false, unfurl_media: false });
    },
    updateMessage: ({ channel: place, ts, ...message }) =>
      call('chat.update', { channel: place, ts, ...bounded(message) }),
    async replyInThread({ channel: place, ts, text }) {
      let last: Delivery = refused('no_text');
      for (const part of parts(text)) {
        last = await call('chat.postMessage', { channel: place, thread_ts: ts, text: part, unfurl_links: false });
        if (!last.delivered) return last;
      }
      return last;
    },
  };
}

function webhookSlack(client: HttpClient, url: string): Slack {
  const send = async (body: object): Promise<Delivery> => {
    try {
      await client.request({ method: 'POST', path: url, json: body });
      return { delivered: true, updated: false };
    } catch (error) {
      return failed(error);
    }
  };
  return {
    postMessage: (message) => send(bounded(message)),
    updateMessage: ({ channel: _channel, ts: _ts, ...message }) => send(bounded(message)),
    replyInThread: ({ text }) => send({ text: slackLines(text.split('\n')) }),
  };
}

function undeliverable(reasonCode: string, message: string): Slack {
  const never = async (): Promise<Delivery> => ({ delivered: false, reasonCode, message });
  return { postMessage: never, updateMessage: never, replyInThread: never };
}

/** Blocks beyond Slack's limits would lose the whole message; the text alone is then sent. */
function bounded(message: SlackMessage): { text: string; blocks?: SlackMessage['blocks'] } {
  const size = JSON.stringify(message.blocks).length;
  if (message.blocks.length === 0 || message.blocks.length > limits.blocks || size > limits.allBlocks)
    return { text: message.text };
  return { text: message.text, blocks: message.blocks };
}

/** At most five replies of whole lines. */
function parts(text: string): string[] {
  const found: string[] = [];
  let part: string[] = [];
  for (const line of text.split('\n')) {
    if (slackLines([...part, line], Number.POSITIVE_INFINITY).length > limits.section && part.length > 0) {
      found.push(slackLines(part));
      part = [];
    }
    part.push(line);
  }
  if (part.some((line) => line.trim() !== '')) found.push(slackLines(part));
  if (found.length <= 5) return found;
  return [...found.slice(0, 4), `… ${found.length - 4} more parts were left out; the job summary has all of it`];
}

const advice: Record<string, string> = {
  no_channel: 'no channel was given: set slack.channel in .github/ops.yml or the input slack-channel to its id (C…)',
  channel_not_found: 'the channel was not found: give its id (C…), not its name, and invite the bot to it',
  not_in_channel: 'the bot is not in the channel: invite it with /invite',
  is_archived: 'the channel is archived',
  invalid_auth: 'the bot token is not valid',
  not_authed: 'the bot token is missing',
  token_revoked: 'the bot token was revoked',
  account_inactive: 'the bot token belongs to a deleted app or user',
  missing_scope: 'the bot token lacks the scope chat:write',
  message_not_found: 'the message to update is gone',
  cant_update_message: 'the message to update was posted by somebody else',
};

function refused(reason: string): Delivery {
  return { delivered: false, reasonCode: reason, message: advice[reason] ?? `Slack answered ${reason}` };
}

function failed(error: unknown): Delivery {
  if (!(error instanceof HttpError)) throw error;
  const reasonCode =
    error.status === 429 ? 'rate_limited' : error.kind === 'status' ? `http_${error.status}` : error.kind;
  // A webhook's errors are plain text, e.g. `channel_is_archived`; its address is a secret and never shown.
  const said = error.body === undefined || error.body === '' ? '' : ` (Slack says: ${error.body.slice(0, 100)})`;
  const what =
    error.kind === 'status' ? `Slack answered HTTP ${error.status}` : `Slack could not be reached: ${error.kind}`;
  return { delivered: false, reasonCode, message: `${what}${said}` };
}
